import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { rulesProgram } from "../../../src/compile/conduit-program.ts";
import type { ConduitRules } from "../../../src/compile/ir.ts";
import { parseRange } from "../../../src/net/address.ts";
import { emit } from "../../../targets/pfsense/emit.ts";
import { parse } from "../../../targets/pfsense/parse.ts";
import { conduitRules, tcpPermit } from "../../support/rules.ts";
import { anyConduit } from "./arbitrary.ts";
import { difference } from "./meaning.ts";

const span = { file: "site.yaml", line: 1, column: 1, length: 1 };
const firewall = (...conduits: readonly ConduitRules[]) => ({ firewall: "fw1", conduits });
const read = (text: string) => {
  const { value, diagnostics } = parse(text, "fw1.pf");
  expect(diagnostics).toEqual([]);
  return value!;
};

describe("the emitted pf.conf", () => {
  test("of one poll reads like the reference", () => {
    const rules: ConduitRules = { ...conduitRules("enforce"), pairs: [conduitRules("enforce").pairs[0]!] };
    expect(emit(firewall(rules))).toBe(
      [
        '# Sluice: firewall fw1. Written by "sluice compile"; a change by hand is found and refused.',
        "# UNPROVEN: what this means rests on pf.conf(5) and the source of pf and pfSense; no real pfSense has judged it here.",
        "",
        "# conduit dmz-cell1: dmz and cell1, enforce",
        "# the firewall itself: only what is forwarded is judged",
        'match in inet from any to (self) tag "sluice_dmz_cell1_ok" ridentifier 3997509636 label "sluice:dmz-cell1" label "(firewall)"',
        "# permit poll (site.yaml:7): The process needs it.",
        'match in inet proto tcp from 10.20.1.10 to 10.10.1.10 port 502 flags any tag "sluice_dmz_cell1_ok" ridentifier 3832561667 label "sluice:dmz-cell1" label "poll"',
        "# the rest between dmz and cell1: recorded and dropped",
        'block in log quick inet from 10.20.1.0/24 to 10.10.1.0/24 ! tagged "sluice_dmz_cell1_ok" ridentifier 4081472819 label "sluice:dmz-cell1" label "(rest)"',
        'block in log quick inet from 10.10.1.0/24 to 10.20.1.0/24 ! tagged "sluice_dmz_cell1_ok" ridentifier 4252686534 label "sluice:dmz-cell1" label "(rest)"',
        "# judged: confirmed rules behind a trial let it pass",
        'match in inet from 10.20.1.0/24 to 10.10.1.0/24 tag "sluice_dmz_cell1_ok" ridentifier 3375196289 label "sluice:dmz-cell1" label "(judged)"',
        'match in inet from 10.10.1.0/24 to 10.20.1.0/24 tag "sluice_dmz_cell1_ok" ridentifier 4148507260 label "sluice:dmz-cell1" label "(judged)"',
        "",
      ].join("\n"),
    );
  });

  test("differs between the stages in the words of the rest alone", () => {
    const [monitor, enforce] = (["monitor", "enforce"] as const).map((stage) =>
      emit(firewall(conduitRules(stage)))
        .split("\n")
        .filter((line) => !line.startsWith("#")),
    );
    expect(monitor!.map((line) => line.replace("match in log", "block in log quick"))).toEqual(enforce);
  });

  test("means the rules that it was made from, for every packet", () => {
    fc.assert(
      fc.property(anyConduit, (rules) => {
        expect(difference(read(emit(firewall(rules))), rulesProgram(rules, span))).toBeUndefined();
      }),
      { numRuns: 60 },
    );
  });

  test("keeps two conduits apart: neither judges what is the other's", () => {
    const other = {
      ...conduitRules("enforce", [tcpPermit("mes", "10.30.1.5", "10.10.1.11")], "it-cell1"),
      pairs: [{ left: parseRange("10.30.1.0/24"), right: parseRange("10.10.1.0/24") }],
    };
    const both = read(emit(firewall(conduitRules("monitor"), other)));
    const one = rulesProgram(conduitRules("monitor"), span);
    const two = rulesProgram(other, span);
    const chains = new Map([
      ...[...one.chains].map(([name, rules]) => [name, rules] as const),
      ["it-cell1", two.chains.get("conduit")!] as const,
      [
        "all",
        [
          ...one.chains.get("all")!,
          ...two.chains
            .get("all")!
            .map((rule) => ({ ...rule, action: { kind: "goto", chain: "it-cell1" } as const })),
        ],
      ] as const,
    ]);
    expect(difference(both, { ...one, chains })).toBeUndefined();
  });

  test("in a trial has the last word over confirmed rules behind it, also when it only monitors", () => {
    fc.assert(
      fc.property(anyConduit, anyConduit, (trial, confirmed) => {
        const conduit = { ...confirmed, conduit: trial.conduit };
        const both = read(emit(firewall(trial)) + emit(firewall(conduit)));
        expect(difference(both, rulesProgram(trial, span))).toBeUndefined();
      }),
      { numRuns: 40 },
    );
  });

  test("never admits ports that pf cannot match, and says so", () => {
    const permit = tcpPermit("diameter", "10.20.1.10", "10.10.1.10");
    const sctp = { kind: "ports", protocol: 132, from: 3868, to: 3868 } as const;
    const rules = conduitRules("enforce", [{ ...permit, boxes: [{ ...permit.boxes[0]!, service: sctp }] }]);
    const text = emit(firewall(rules));
    expect(text).toContain("not all of its ports can be matched");
    expect(difference(read(text), rulesProgram(rules, span))).toMatch(
      /^sctp 10\.20\.1\.10:\d+ -> 10\.10\.1\.10:3868/,
    );
  });

  test("writes a reason as one comment line, whatever it holds", () => {
    const permit = {
      ...tcpPermit("poll", "10.20.1.10", "10.10.1.10"),
      reason: "first\npass all\u2028pass quick all",
    };
    const text = emit(firewall(conduitRules("enforce", [permit])));
    expect(text).not.toMatch(/^pass/m);
    expect(read(text)).toBeDefined();
  });
});
