import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { evaluate } from "../../../src/compile/evaluate.ts";
import type { Stage } from "../../../src/compile/ir.ts";
import type { Program } from "../../../src/compile/program.ts";
import { formatPacket } from "../../../src/net/packet.ts";
import { createAnalysis } from "../../../src/verify/analysis.ts";
import { compileConduit } from "../../../src/verify/compile.ts";
import { withoutSetRules } from "../../../targets/iptables/ruleset.ts";
import { iptables } from "../../../targets/iptables/target.ts";
import type { FirewallHost } from "../../support/firewall-host.ts";
import { missingForIptables, startIptablesHost } from "../../support/iptables-host.ts";
import { localSession } from "../../support/local-session.ts";
import { anyPacket, anyPolicy, type policy, unlimited } from "../../support/policies.ts";
import { conduitRules } from "../../support/rules.ts";

const compiled = (drawn: ReturnType<typeof policy>, stage: Stage): string | undefined =>
  compileConduit({
    ...{ ...drawn, firewall: "fw1", stage, target: iptables },
    ...{ baseline: undefined, budget: unlimited },
  }).ruleset?.text;
const read = (text: string): Program => {
  const { value, diagnostics } = iptables.parse(text, "x.rules");
  expect(diagnostics).toEqual([]);
  return value!;
};
const same = (a: Program, b: Program): boolean => {
  const analysis = createAnalysis([a, b], [], [], unlimited);
  return analysis.meaning(a) === analysis.meaning(b);
};

test("every policy that can be expressed is proved on its text, and packet by packet", () => {
  fc.assert(
    fc.property(
      anyPolicy,
      fc.constantFrom<Stage>("monitor", "enforce"),
      fc.array(anyPacket),
      (drawn, stage, packets) => {
        const order = {
          ...drawn,
          firewall: "fw1",
          stage,
          target: iptables,
          baseline: undefined,
          budget: unlimited,
        };
        const ruleset = compileConduit(order).ruleset!;
        expect(ruleset.claims.map(({ result }) => result)).toEqual(["proved", "not-proved", "proved"]);
        const [full, bare] = [read(ruleset.text), read(withoutSetRules(ruleset.text))];
        for (const packet of packets) {
          const [a, b] = [evaluate(full, packet), evaluate(bare, packet)];
          // A host without sets counts where others name: the same packets.
          expect([formatPacket(packet), b.verdict, b.recorded]).toEqual([
            formatPacket(packet),
            a.verdict,
            a.recorded,
          ]);
        }
      },
    ),
    { numRuns: 60 },
  );
});

describe.each(["legacy", "nft"] as const)("the listing of iptables-%s", (variant) => {
  describe.skipIf(missingForIptables)(
    missingForIptables ? `(skipped: needs ${missingForIptables})` : "here",
    () => {
      let host: FirewallHost;
      beforeAll(() => {
        host = startIptablesHost(variant);
      });
      afterAll(() => host.stop());

      test("reads as the text that was loaded", async () => {
        const driver = iptables.driver(localSession(host.prefix), host.paths);
        const texts = fc
          .sample(anyPolicy, { numRuns: 12, seed: 4 })
          .flatMap((drawn) => compiled(drawn, "enforce") ?? []);
        expect(texts.length).toBeGreaterThan(5);
        for (const text of texts) {
          const { text: listed } = await driver.preview(text);
          expect(same(read(listed!), read(text))).toBe(true);
        }
      }, 60_000);
    },
  );
});

const good = iptables.emit({ firewall: "fw1", conduits: [conduitRules("enforce")] });
/** The text with one piece replaced, and where the reader must say that it stops. */
const broken: readonly (readonly [string, string, string, RegExp])[] = [
  ["a verdict that opens", "-j RETURN", "-j ACCEPT", /"ACCEPT" is not a target that Sluice uses/],
  ["a jump, which comes back", "-g SLUICE-c-dmz-cell1.r", "-j SLUICE-c-dmz-cell1.r", /is not a target/],
  [
    "a port without its protocol",
    "-p tcp -m tcp --dport",
    "-m tcp --dport",
    /read under -p with its own protocol/,
  ],
  [
    "a port of ICMP",
    "-p tcp -m tcp --dport 502",
    "-p icmp -m multiport --dports 502",
    /protocol that has ports/,
  ],
  [
    "sixteen ports",
    "-m tcp --dport 502",
    `-m multiport --dports ${[...Array(16).keys()].join()}`,
    /holds 15 ports/,
  ],
  ["a range that ends before it starts", "--dport 502", "--dport 510:502", /"510:502" is not a port/],
  [
    "an address without a family",
    "-4 -A SLUICE-CONFIRMED -s",
    "-A SLUICE-CONFIRMED -s",
    /needs -4 or -6 before -A/,
  ],
  ["an address of the other family", "-s 10.20.1.0/24", "-s fd00::/64", /is not IPv4/],
  ["host bits", "-s 10.20.1.0/24", "-s 10.20.1.1/24", /host bits/],
  [
    "a match of others",
    "-g SLUICE-CONFIRMED",
    "-m owner --uid-owner 0 -g SLUICE-CONFIRMED",
    /match "owner" is not one/,
  ],
  ["a limit, which holds for some packets only", "-j DROP", "-m limit --limit 1/s -j DROP", /match "limit"/],
  ["a negation", "-j DROP", "! -p tcp -j DROP", /"!" is not a condition that Sluice writes/],
  ["a chain that is not there", "-g SLUICE-CONFIRMED", "-g SLUICE-TRIAL", /there is no chain "SLUICE-TRIAL"/],
  ["a chain of another", "-j DROP", "-g OTHER", /there is no chain "OTHER"/],
  ["a loop", "-j DROP", "-g SLUICE-c-dmz-cell1.p", /comes back to itself/],
  ["a table of others", "*filter", "*nat", /expected|not what Sluice writes/],
  ["two conditions of one kind", "-s 10.20.1.0/24", "-s 10.20.1.0/24 -s 10.20.2.0/24", /a second time/],
  ["a name that is too long", ":SLUICE-CONFIRMED ", `:SLUICE-${"x".repeat(22)} `, /at most 28 characters/],
  ["a rule of FORWARD", "COMMIT", "-A FORWARD -j DROP\nCOMMIT", /there is no chain "FORWARD"/],
  ["a text that ends too early", "COMMIT\n", "", /ends before its line "COMMIT"/],
  ["a second table", "COMMIT\n", "COMMIT\n*nat\nCOMMIT\n", /behind "COMMIT"/],
  ["odd quotes", '"dmz-cell1 enforce"', '"dmz"-cell1', /quotation marks/],
  ["a set of others", "sluice-c-dmz-cell1.4 src", "blocklist src", /looked up in|record of this chain/],
  ["a set that holds something else", "hash:ip,port,ip", "hash:net", /expected "hash:ip,port,ip"/],
];

test("a space that ends no word for iptables-restore makes the target part of the comment", () => {
  for (const space of "\u3000\u00a0\v\f\r") {
    const changed = good.replaceAll("--comment poll -j RETURN", `--comment poll${space}-j${space}RETURN`);
    expect(changed).not.toBe(good);
    const { value } = iptables.parse(changed, "fw1.rules");
    expect(value && same(value, read(good))).toBeFalsy();
  }
});

test.each(broken)("%s is refused where it stands", (_name, piece, other, message) => {
  expect(good).toContain(piece);
  const at = good.indexOf(piece);
  const text = good.replace(piece, () => other);
  const { value, diagnostics } = iptables.parse(text, "fw1.rules");
  expect(value).toBeUndefined();
  expect(diagnostics).toHaveLength(1);
  expect(diagnostics[0]!.message).toMatch(message);
  expect(diagnostics[0]!.span?.file).toBe("fw1.rules");
  const line = good.slice(0, at).split("\n").length;
  if (!/loop|too early/.test(_name)) expect(Math.abs(diagnostics[0]!.span!.line - line)).toBeLessThan(2);
});
