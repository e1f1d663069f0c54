import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { emit } from "../../../targets/nftables/emit.ts";
import { conduitRules } from "../../support/rules.ts";

const targets = join(import.meta.dirname, "../../../targets");
const sources = ["nftables", "linux-guard"]
  .flatMap((folder) => readdirSync(join(targets, folder)).map((name) => join(targets, folder, name)))
  .filter((file) => file.endsWith(".ts"))
  .map((file) => readFileSync(file, "utf8"))
  .join("\n");
const text = emit({
  firewall: "fw1",
  conduits: [conduitRules("monitor"), conduitRules("enforce", [], "it")],
});

test("no command has nft optimise: it would change what a ruleset means", () => {
  const optimising = /\bnft\b[^\n]*["'`\s](-[a-z]*o|--optimize)\b/;
  for (const command of ["nft -o -f -", "nft -co -f x", '"nft", "-o"', "nft --optimize"]) {
    expect(optimising.test(command)).toBe(true);
  }
  expect(sources).toContain("nft -f -");
  expect(sources).not.toMatch(optimising);
});

test("no command flushes or saves the ruleset of others", () => {
  expect(sources).not.toMatch(/flush ruleset|list ruleset[^\n`"]*>/);
});

test("a file holds no lease, so that a boot cannot bring a trial back, and no statement of other tools", () => {
  const trials = [...text.matchAll(/map trial[46] \{([\s\S]*?)\n {2}\}/g)].map(([, map]) => map!);
  expect(trials).toHaveLength(2);
  expect(trials.join()).not.toContain("elements");
  expect(text).not.toMatch(/\bexpires\b|\bxt (match|target)\b/);
});

test("a file logs nothing: what was not permitted goes to sets, and no log prefix can grow too long", () => {
  expect(text).not.toMatch(/\blog\b/);
});

test("a file names nothing outside the table inet sluice, and no object without a prefix of its own", () => {
  expect([...text.matchAll(/\b(?:table|ruleset) .*/g)].map(([line]) => line.replace(/ \{$/, ""))).toEqual(
    Array(3).fill("table inet sluice"),
  );
  const names = [...text.matchAll(/^ {2}(?:set|map|chain) (\S+)/gm)].map(([, name]) => name!);
  expect(
    names.filter((name) => !/^(c_[a-z0-9_]+|lock|forward|(trial|enforce|monitor)[46])$/.test(name)),
  ).toEqual([]);
});
