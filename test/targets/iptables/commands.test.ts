import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { bootScript } from "../../../targets/iptables/boot.ts";
import { emit } from "../../../targets/iptables/emit.ts";
import { conduitRules } from "../../support/rules.ts";

const folder = join(import.meta.dirname, "../../../targets/iptables");
const text = emit({
  firewall: "fw1",
  conduits: [conduitRules("monitor"), conduitRules("enforce", [], "it")],
});

/** What a shell would run, in the sources and in a boot file: comments are left out. */
const commands = [
  ...readdirSync(folder)
    .filter((name) => name.endsWith(".ts"))
    .map((name) => readFileSync(join(folder, name), "utf8")),
  bootScript(text),
]
  .join("\n")
  .split("\n")
  .filter((line) => !/^\s*(#|\/\/|\/?\*)/.test(line));

test("no restore empties what others have: each says --noflush", () => {
  const restores = commands.filter((line) => /-restore(?! --version)( ?[-<|;&]|["'`]|$)/.test(line));
  expect(restores.length).toBeGreaterThan(5);
  expect(restores.filter((line) => !/-restore (--test )?--noflush /.test(line))).toEqual([]);
});

test("no command flushes a whole table, or sets a policy of others", () => {
  const wide = /tables(-legacy|-nft)? (--wait )?(-F|-X|--flush|-P|--policy)\s*(;|$|FORWARD|INPUT|OUTPUT)/;
  expect(wide.test("iptables -F")).toBe(true);
  expect(wide.test("iptables -P FORWARD DROP")).toBe(true);
  expect(commands.filter((line) => wide.test(line))).toEqual([]);
});

test("a file names no chain and no set but ours, and logs nothing: a log prefix holds 29 characters here", () => {
  const lines = text.split("\n");
  const chains = lines.flatMap((line) => /^(?:-[46] )?(?:-A |:)(\S+)/.exec(line)?.[1] ?? []);
  const targets = lines.flatMap((line) => /^[^#].* -[jg] (\S+)/.exec(line)?.[1] ?? []);
  expect(chains.length).toBeGreaterThan(20);
  expect(chains.filter((name) => !name.startsWith("SLUICE"))).toEqual([]);
  expect(new Set(targets.filter((name) => !name.startsWith("SLUICE")))).toEqual(
    new Set(["RETURN", "DROP", "SET"]),
  );
  expect([...text.matchAll(/-set (\S+)/g)].filter(([, name]) => !name!.startsWith("sluice-"))).toEqual([]);
});
