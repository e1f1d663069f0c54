import { describe, expect, test } from "vitest";
import { createAnalysis } from "../../../src/verify/analysis.ts";
import { compileConduit } from "../../../src/verify/compile.ts";
import { emit } from "../../../targets/nftables/emit.ts";
import { parse } from "../../../targets/nftables/parse.ts";
import { nftables } from "../../../targets/nftables/target.ts";
import { bare, ping, policy, tcp, unlimited } from "../../support/policies.ts";

const drawn = policy([
  { from: ["10.0.1.1"], to: ["10.0.2.1"], services: [tcp(502), ping(4), bare(47)] },
  { from: ["fd00:1::1"], to: ["fd00:2::1"], services: [tcp(502)] },
]);
const { rules, text } = compileConduit({
  ...{
    ...drawn,
    firewall: "fw1",
    stage: "enforce",
    target: nftables,
    baseline: undefined,
    budget: unlimited,
  },
}).ruleset!;

/** What the reader says about a text with one change, and the line that it points at. */
function refusal(from: string | RegExp, to: string): readonly [message: string, line: string] {
  const changed = text.replace(from, to);
  expect(changed).not.toBe(text);
  const { value, diagnostics } = parse(changed, "fw1.nft");
  expect(value).toBeUndefined();
  const [only] = diagnostics;
  return [only!.message, changed.split("\n")[only!.span!.line - 1]!.trim()];
}

describe("the reader refuses", () => {
  test.each([
    [
      "a foreign match",
      "counter drop",
      'iifname "eth0" counter drop',
      '"iifname" is not what Sluice writes here',
    ],
    [
      "a foreign statement",
      "counter drop",
      "limit rate 5/second drop",
      '"limit" is not what Sluice writes here',
    ],
    [
      "a match of iptables, which nft lists and cannot load",
      "counter drop",
      'xt match "recent" counter drop',
      '"xt" is not what Sluice writes here',
    ],
    ["another table", "table inet sluice {", "table inet filter {", 'expected "sluice"'],
    [
      "a table that does nothing",
      "table inet sluice {",
      "table inet sluice {\n flags dormant",
      'expected "set", "map" or "chain"',
    ],
    [
      "another hook",
      "hook forward",
      "hook input",
      '"input" is not what Sluice writes here; expected "forward"',
    ],
    ["another priority", "filter + 10", "filter + 9", 'expected "10"'],
    ["a policy that drops", "policy accept", "policy drop", 'expected "accept"'],
    [
      "a state without a direction",
      "ct state established ct direction reply goto",
      "ct state established goto",
      "while their own conduit drains",
    ],
    ["host bits in a prefix", "10.0.1.0/29 .", "10.0.1.1/29 .", "host bits"],
    ["IPv6 in an IPv4 set", "10.0.1.1 . 10.0.2.1 . tcp", "fd00::1 . 10.0.2.1 . tcp", "is not IPv4"],
    ["a port beyond 65535", "tcp . 502", "tcp . 65536", "expected a port or a range of ports"],
    [
      "a range in a set without intervals",
      "tcp . 502 comment",
      "tcp . 502-503 comment",
      'a set with "flags interval", since it holds ranges',
    ],
    [
      "a range that ends before it starts",
      "tcp . 502",
      "tcp . 502-501",
      "expected a port or a range of ports",
    ],
    ["a protocol that nobody knows", ". 47 comment", ". grex comment", "expected a protocol"],
    [
      "ports of a protocol without ports",
      "10.0.1.1 . 10.0.2.1 . tcp",
      "10.0.1.1 . 10.0.2.1 . 47",
      "this protocol has no ports",
    ],
    [
      "elements that merge by themselves",
      "inet_service\n    counter",
      "inet_service\n    auto-merge\n    counter",
      '"auto-merge"',
    ],
    [
      "a permit set without counters",
      "inet_service\n    counter",
      "inet_service",
      "expected a set with the flags",
    ],
    [
      "a set that is not there",
      "@c_left_right_hostports4 accept",
      "@c_left_right_hostports5 accept",
      'there is no set "c_left_right_hostports5"',
    ],
    ["a set of another conduit", /c_left_right_hosticmp4\b/g, "c_other_icmp4", "of another owner"],
    [
      "a chain that is not there",
      "jump c_left_right_record\n    counter drop",
      "jump c_left_right_reckord\n    counter drop",
      "is not what this stage is",
    ],
    [
      "a dispatch to the wrong stage",
      "goto c_left_right_enforce",
      "goto c_left_right_monitor",
      "not a chain of that stage",
    ],
    [
      "a dispatch in which a packet has two ways",
      "      10.0.1.0/29 . 10.0.2.0/29",
      "      10.0.1.0/30 . 10.0.2.0/29 : goto c_left_right_enforce,\n      10.0.1.0/29 . 10.0.2.0/29",
      "two elements that one packet can meet",
    ],
    [
      "a key that does not fit",
      "ip daddr . icmp type @c_left_right_hosticmp4",
      "ip daddr . meta l4proto @c_left_right_hosticmp4",
      "does not fit the type",
    ],
    ["a name that is taken twice", "map trial6", "map trial4", "expected a name that is not in use yet"],
    ["a loop", "goto c_left_right_replies", "goto c_left_right_permitted", "comes back to itself"],
    ["a text behind the table", /\}\s*$/, "}\nflush ruleset\n", "expected the end of the text"],
    ["an open quote", 'comment "permit-0"', 'comment "permit-0', "expected a closing quote"],
    ["a text that ends early", /chain c_left_right_enforce[\s\S]*/, "", "the end of the text"],
  ])("%s", (_, from, to, message) => {
    expect(refusal(from, to)[0]).toContain(message);
  });

  test("and points at the line", () => {
    expect(refusal("counter drop", "reject")[1]).toBe('reject comment "left-right enforce"');
    expect(refusal("tcp . 502 comment", "tcp . 70000 comment")[1]).toContain("70000");
  });

  test("what is no ruleset at all", () => {
    for (const wrong of ["", "\n\n", "hello", "\u0000\u0001", "{", "table inet sluice {", '"']) {
      expect(parse(wrong, "x").diagnostics).toHaveLength(1);
    }
  });
});

test("several conduits of both stages in one file each keep their own meaning", () => {
  const other = {
    ...rules,
    conduit: "left-third" as typeof rules.conduit,
    stage: "monitor" as const,
    pairs: [
      { left: rules.pairs[0]!.left, right: { family: 4 as const, from: 0x0a000300n, to: 0x0a000307n } },
    ],
    permits: [],
  };
  const read = (conduits: readonly (typeof rules)[]) => {
    const { value, diagnostics } = parse(emit({ firewall: "fw1", conduits }), "fw1.nft");
    expect(diagnostics).toEqual([]);
    return value!;
  };
  const [both, alone, swapped] = [read([rules, other]), read([rules]), read([other, rules])];
  const left = [{ source: rules.pairs[0]!.left, destination: rules.pairs[0]!.right }];
  const third = [{ source: other.pairs[0]!.left, destination: other.pairs[0]!.right }];
  const analysis = createAnalysis([both, alone, swapped], [...left, ...third], [], unlimited);
  expect(analysis.meaning(both)).toBe(analysis.meaning(swapped));
  const changed = analysis.difference(analysis.meaning(both), analysis.meaning(alone));
  expect(analysis.witness(analysis.within(analysis.packets(left), changed))).toBeUndefined();
  expect(analysis.witness(analysis.within(analysis.packets(third), changed))).toBeDefined();
});
