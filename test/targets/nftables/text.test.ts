import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { rulesProgram } from "../../../src/compile/conduit-program.ts";
import { evaluate } from "../../../src/compile/evaluate.ts";
import type { ConduitRules, Stage } from "../../../src/compile/ir.ts";
import { legalise } from "../../../src/compile/legalise/legalise.ts";
import { lowerConduit } from "../../../src/compile/lower.ts";
import type { Program } from "../../../src/compile/program.ts";
import { createAnalysis } from "../../../src/verify/analysis.ts";
import { capabilities } from "../../../targets/nftables/capabilities.ts";
import { emit } from "../../../targets/nftables/emit.ts";
import { emitConduitObjects, emitConduitRemoval, emitFrame } from "../../../targets/nftables/objects.ts";
import { parse } from "../../../targets/nftables/parse.ts";
import {
  anyPacket,
  anyPolicy,
  anything,
  bare,
  ping,
  policy,
  tcp,
  udp,
  unlimited,
} from "../../support/policies.ts";
import { inNamespace, missingForNft } from "../../support/real-nft.ts";

const rulesOf = ({ site, conduit }: ReturnType<typeof policy>, stage: Stage): ConduitRules =>
  legalise(lowerConduit(site, conduit, stage).value!, capabilities).value!;
const textOf = (rules: ConduitRules): string => emit({ firewall: "fw1", conduits: [rules] });
const read = (text: string): Program => {
  const { value, diagnostics } = parse(text, "fw1.nft");
  expect(diagnostics).toEqual([]);
  return value!;
};
const meanTheSame = (...programs: readonly Program[]): boolean => {
  const analysis = createAnalysis(programs, [], [], unlimited);
  return new Set(programs.map((program) => analysis.meaning(program))).size === 1;
};

const rich = policy([
  { from: ["10.0.1.1"], to: ["10.0.2.1-10.0.2.3"], services: [tcp(502), udp(2222, 2230)] },
  { from: ["10.0.1.0/29"], to: ["10.0.2.4"], services: [ping(4), bare(47), bare(132)] },
  { from: ["fd00:1::1"], to: ["fd00:2::/125"], services: [ping(6), tcp(1, 65_535), bare(58)] },
  { from: ["10.0.2.6"], to: ["10.0.1.6"], services: [anything] },
]);

describe("the text of a ruleset", () => {
  test("read back means what the rules say, for any policy and both stages", () => {
    fc.assert(
      fc.property(anyPolicy, fc.constantFrom<Stage>("monitor", "enforce"), (drawn, stage) => {
        const rules = rulesOf(drawn, stage);
        expect(meanTheSame(read(textOf(rules)), rulesProgram(rules, drawn.conduit.span))).toBe(true);
      }),
      { numRuns: 150 },
    );
  });

  test.skipIf(missingForNft)(
    `loads where conduits have the names of nft's own words, and so do permits ${missingForNft ?? ""}`,
    () => {
      const words = ["fwd", "accept", "ct", "drop", "set", "ip", "limit", "last"];
      const rules = rulesOf(rich, "enforce");
      for (const word of words) {
        const named = {
          ...rules,
          conduit: word as ConduitRules["conduit"],
          permits: rules.permits.map((permit) => ({ ...permit, permit: word as typeof permit.permit })),
        };
        const { stderr } = inNamespace("nft -c -f -", textOf(named));
        expect(`${word}: ${stderr}`).toBe(`${word}: `);
        read(textOf(named));
      }
    },
  );

  test("the stages differ in the dispatch alone", () => {
    const lines = (stage: Stage): readonly string[] => textOf(rulesOf(rich, stage)).split("\n");
    const monitor = new Set(lines("monitor"));
    expect(lines("enforce").filter((line) => !monitor.has(line))).toEqual([
      ...[1, 2].map((side) => `      10.0.${side}.0/29 . 10.0.${3 - side}.0/29 : goto c_left_right_enforce,`),
      ...[1, 2].map(
        (side) => `      fd00:${side}::/125 . fd00:${3 - side}::/125 : goto c_left_right_enforce,`,
      ),
    ]);
  });

  test("names its permits with their place in the site file", () => {
    expect(textOf(rulesOf(rich, "monitor"))).toContain("# permit permit-0 (site.yaml:2): For a test.");
  });

  test("a reason that holds line breaks or terminal escapes stays a comment", () => {
    const { site, conduit } = policy([{ from: ["10.0.1.1"], to: ["10.0.2.1"], services: [tcp(502)] }]);
    const permits = conduit.permits.map((permit) => ({ ...permit, reason: "a\nflush ruleset\u001b[2J" }));
    const rules = rulesOf({ site, conduit: { ...conduit, permits } }, "enforce");
    expect(textOf(rules)).not.toMatch(/^flush ruleset/m);
    expect(meanTheSame(read(textOf(rules)), rulesProgram(rules, conduit.span))).toBe(true);
  });
});

describe.skipIf(missingForNft)(`with the real nft (${missingForNft ?? "here"})`, () => {
  test("what nft lists after loading a text means the same as the text, for any policy", () => {
    fc.assert(
      fc.property(anyPolicy, fc.constantFrom<Stage>("monitor", "enforce"), (drawn, stage) => {
        const text = textOf(rulesOf(drawn, stage));
        const { code, stdout, stderr } = inNamespace("nft -f - && nft list table inet sluice", text);
        expect(stderr).toBe("");
        expect(code).toBe(0);
        expect(meanTheSame(read(text), read(stdout))).toBe(true);
      }),
      { numRuns: 40 },
    );
  }, 60_000);

  test("a host without /etc/protocols loads the text and lists it readably", () => {
    const text = textOf(rulesOf(rich, "enforce"));
    const script = "mount --bind /dev/null /etc/protocols && nft -f - && nft list table inet sluice";
    const { stdout, stderr } = inNamespace(`exec unshare --mount sh -c '${script}'`, text);
    expect(stderr).toBe("");
    expect(meanTheSame(read(text), read(stdout))).toBe(true);
  });

  test("a conduit's statements, repeated and changed, leave exactly its last rules and keep its record", () => {
    const [first, last] = [
      rich,
      policy([{ from: ["10.0.1.1"], to: ["10.0.2.1"], services: [tcp(502)] }]),
    ].map((drawn) => rulesOf(drawn, "enforce"));
    const add = "add element inet sluice c_left_right_recordports4 { 10.0.1.1 . 10.0.2.1 . tcp . 9 }\n";
    const statements = [emitFrame(), emitConduitObjects(first!, "c"), add, emitConduitObjects(last!, "c")];
    const { stdout, stderr } = inNamespace(
      "nft -f - && nft -s list table inet sluice",
      statements.join("\n"),
    );
    expect(stderr).toBe("");
    expect(stdout).toContain("10.0.1.1 . 10.0.2.1 . tcp . 9");
    expect(emitConduitObjects(first!, "c")).toMatch(/add element inet sluice c_left_right_\w+6 \{/);
    expect(stdout).not.toMatch(/c_left_right_(host)?(ports|icmp|protocols|addresses)6 \{/);
    const listing = (input: string): readonly string[] =>
      inNamespace("nft -f - && nft -s list table inet sluice", input)
        .stdout.split("\n")
        .filter((line) => !line.includes("goto c_left_right_enforce"))
        .map((line) => line.trim());
    const plain = statements.with(2, "").join("\n");
    expect(new Set(listing(plain))).toEqual(
      new Set(listing(textOf(last!)).filter((line) => !line.includes("elements = { 10.0.1.0"))),
    );
    const removed = inNamespace(
      "nft -f - && nft list table inet sluice",
      plain + emitConduitRemoval("left-right", "c"),
    );
    expect(removed.stdout).not.toContain("c_left_right");
  });

  test("a listing with an armed trial, a held lock and counters is read, and the trial decides", () => {
    const rules = rulesOf(policy([]), "monitor");
    const trial = emitConduitObjects({ ...rules, stage: "enforce" }, "t");
    const arm = [
      'add element inet sluice trial4 { 10.0.1.0/29 . 10.0.2.0/29 timeout 120s comment "plan:0123456789abcdef" : goto t_left_right_enforce }',
      'create element inet sluice lock { 0x1 timeout 60s comment "eva" }',
    ];
    const script = "nft -f - && nft list table inet sluice";
    const { stdout, stderr } = inNamespace(script, [textOf(rules), trial, ...arm].join("\n"));
    expect(stderr).toBe("");
    const packet = {
      ...({ family: 4, state: "original", source: 0x0a000101n, destination: 0x0a000201n } as const),
      ...{ protocol: 6, sourcePort: 40_000, destinationPort: 502 },
    };
    expect(evaluate(read(stdout), packet).verdict).toBe("drop");
    expect(evaluate(read(textOf(rules)), packet)).toMatchObject({ verdict: "accept", recorded: true });
  });
});

test("the reader and the evaluator agree with the meaning of the policy, packet by packet", () => {
  fc.assert(
    fc.property(anyPolicy, anyPacket, (drawn, packet) => {
      const rules = rulesOf(drawn, "enforce");
      const [text, wanted] = [read(textOf(rules)), rulesProgram(rules, drawn.conduit.span)];
      const ends = [evaluate(text, packet), evaluate(wanted, packet)].map(({ verdict, recorded }) => [
        verdict,
        recorded,
      ]);
      expect(ends[0]).toEqual(ends[1]);
    }),
    { numRuns: 500 },
  );
});
