import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { sluice } from "../support/command.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sluice-diff-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Connections to `host`, every `period` seconds; an attempt when `history` has no answer. */
const polls = (host: number, period: number, history = "ShADad"): readonly string[] =>
  Array.from({ length: 8 }, (_, index) =>
    JSON.stringify({
      ...{ ts: 1_767_567_600 + index * period, duration: 0.1, proto: "tcp", history },
      ...{
        "id.orig_h": "10.0.0.1",
        "id.orig_p": 40_000 + index,
        "id.resp_h": `10.0.1.${host}`,
        "id.resp_p": 502,
      },
    }),
  );
const observed = async (name: string, ...logs: readonly (readonly string[])[]): Promise<void> => {
  writeFileSync(join(folder, `${name}.log`), logs.flat().join("\n"));
  expect((await sluice(folder, ["observe", `${name}.log`, "-o", `${name}.json`])).code).toBe(0);
};

describe("sluice baseline diff", () => {
  test("shows what came, what went, and whose answers or rhythm changed", async () => {
    await observed("a", polls(1, 10), polls(2, 10), polls(3, 10, "S"), polls(4, 10), polls(5, 10));
    await observed("b", polls(1, 10.5), polls(2, 30), polls(3, 10), polls(5, 10, "S"), polls(6, 10, "S"));
    const { stdout, code } = await sluice(folder, ["baseline", "diff", "a.json", "b.json"]);
    expect(code).toBe(0);
    const lines = stdout.split("\n").map((line) => line.replace(/ {2,}/g, " "));
    expect(lines.slice(1)).toEqual([
      "+ 10.0.0.1 10.0.1.6 modbus (tcp 502) new, unanswered",
      "- 10.0.0.1 10.0.1.4 modbus (tcp 502) not seen again",
      "~ 10.0.0.1 10.0.1.2 modbus (tcp 502) slower (every 10.0 s ± 0.00 ms, then every 30.0 s ± 0.00 ms)",
      "~ 10.0.0.1 10.0.1.3 modbus (tcp 502) answered (every 10.0 s ± 0.00 ms, then every 10.0 s ± 0.00 ms)",
      "~ 10.0.0.1 10.0.1.5 modbus (tcp 502) unanswered (every 10.0 s ± 0.00 ms, then every 10.0 s ± 0.00 ms)",
      "",
      "1 appeared, 1 not seen again, 3 changed, 1 the same",
      "",
    ]);
  });

  test("a baseline against itself has no difference, also as JSON", async () => {
    await observed("a", polls(1, 10));
    const same = ["baseline", "diff", "a.json", "a.json"];
    expect((await sluice(folder, same)).stdout).toBe("0 appeared, 0 not seen again, 0 changed, 1 the same\n");
    expect(JSON.parse((await sluice(folder, [...same, "--json"])).stdout)).toEqual({
      ...{
        schema: "sluice/baseline-diff",
        version: 1,
        appeared: [],
        gone: [],
        changed: [],
        same: 1,
        links: [],
      },
    });
  });

  test("tells an address that is sent from another card or in another VLAN, and nothing where one of them tells nothing", async () => {
    const on = (host: number, mac: string | undefined, vlan?: number): readonly string[] =>
      polls(host, 10).map((line) => JSON.stringify({ ...JSON.parse(line), resp_l2_addr: mac, vlan }));
    const [old, other] = ["00:0e:8c:01:02:03", "00:1b:1b:0a:0b:0c"];
    await observed(
      "a",
      on(1, old),
      on(2, "00:0e:8c:01:02:04", 7),
      on(3, undefined),
      on(4, "00:0e:8c:01:02:05"),
    );
    await observed(
      "b",
      on(1, other),
      on(2, "00:0e:8c:01:02:04", 8),
      on(3, "00:0e:8c:01:02:06"),
      on(4, undefined),
    );
    const args = ["baseline", "diff", "a.json", "b.json"];
    const { stdout } = await sluice(folder, args);
    expect(stdout).toContain(
      `\n10.0.1.1 has another network card: ${old} before, now ${other}; an exchanged device`,
    );
    expect(stdout).toContain("\n10.0.1.2 has another VLAN: 7 before, now 8;");
    expect(JSON.parse((await sluice(folder, [...args, "--json"])).stdout).links).toEqual([
      { address: "10.0.0.1", of: "vlan", before: ["7"], after: ["8"] },
      { address: "10.0.1.1", of: "card", before: [old], after: [other] },
      { address: "10.0.1.2", of: "vlan", before: ["7"], after: ["8"] },
    ]);
  });
});
