import { expect, test } from "vitest";
import type { Stage } from "../../src/compile/ir.ts";
import { type CompileOrder, compileConduit } from "../../src/verify/compile.ts";
import { nftables } from "../../targets/nftables/target.ts";
import { type Mutant, mutantsOf, otherReader } from "../support/mutants.ts";
import { judgeMutants, judgePlantMutants, meantBy, untried } from "../support/plant-mutants.ts";
import { anything, bare, ping, policy, tcp, udp, unlimited } from "../support/policies.ts";

/** Every kind of set is filled, in both families and both directions, so that each line of the text matters. */
const drawn = policy([
  { from: ["10.0.1.1"], to: ["10.0.2.1-10.0.2.3"], services: [tcp(502), udp(2222, 2230)] },
  { from: ["10.0.2.4"], to: ["10.0.1.4"], services: [ping(4), bare(47)] },
  { from: ["fd00:1::1"], to: ["fd00:2::1"], services: [ping(6), tcp(502), bare(47)] },
  { from: ["10.0.1.6"], to: ["10.0.2.6"], services: [anything] },
]);
const order = (stage: Stage): CompileOrder => ({
  ...drawn,
  ...{ firewall: "fw1", stage, target: nftables, baseline: undefined, budget: unlimited },
});

/** What a careless edit or a merge makes of a word. */
const replacements: Readonly<Record<string, readonly string[]>> = {
  accept: ["drop", "return"],
  drop: ["accept", "return"],
  return: ["accept", "drop"],
  jump: ["goto"],
  goto: ["jump"],
  saddr: ["daddr"],
  daddr: ["saddr"],
  sport: ["dport"],
  dport: ["sport"],
  ip: ["ip6"],
  ip6: ["ip"],
  icmp: ["icmpv6", "tcp"],
  icmpv6: ["icmp"],
  tcp: ["udp"],
  established: ["new", "related"],
  related: ["established", "new"],
  reply: ["original"],
  interval: ["constant"],
  filter: ["nat"],
  forward: ["input"],
  update: ["add", "delete"],
};

function wordsFor(word: string): readonly string[] {
  if (replacements[word]) return replacements[word];
  if (/^\d+$/.test(word)) return [String(Number(word) + 1), `${word}-${Number(word) + 1}`];
  const prefix = /^(.*)\/(\d+)$/.exec(word);
  if (prefix) return [`${prefix[1]}/${Number(prefix[2]) + 1}`, prefix[1]!];
  if (/^[0-9a-f.:]*[.:][0-9a-f.:]*$/.test(word))
    return [word.replace(/.$/, (digit) => (digit === "7" ? "0" : "7"))];
  if (/^(c_|left)/.test(word))
    return [
      word.replace("left", "other"),
      word.replace(/enforce|monitor/, (s) => (s === "enforce" ? "monitor" : "enforce")),
    ].filter((other) => other !== word);
  return /^permit-\d$/.test(word) ? ["permit-9"] : [];
}

/** Lines of a set or a chain may stand in another order. Its elements end in commas, which are no part of a word. */
const mutantsIn = (text: string): readonly Mutant[] => mutantsOf(text, wordsFor, /^ {4}\S/, /[\w.:/-]+/g);

/** What each kind of change looks like here; the kinds are those that a reviewer would fear. */
const kinds: Parameters<typeof untried>[1] = {
  verdict: (change) => /^"(accept|drop)" -> /.test(change),
  port: (change, line) => /^"502" -> /.test(change) && line.includes(" tcp . 502"),
  prefix: (change) => /^"[\da-f.:]+\/\d+" -> /.test(change),
  direction: (change) => /^"(saddr|sport|reply)" -> /.test(change),
  element: (change, line) => change === "removed" && line.includes('comment "permit-'),
  jump: (change) => /^"(jump|goto)" -> /.test(change),
  order: (change) => change.startsWith("swapped"),
};

/** Commands that make room for the table are no part of a listing. */
const other = otherReader(nftables.foreign, (text) => text.slice(text.indexOf("\ntable ")));

test.each(["monitor", "enforce"] as const)(
  "every change of meaning to a %s text is refused or refuted",
  (stage) => {
    const { text } = compileConduit(order(stage)).ruleset!;
    const mutants = mutantsIn(text);
    expect(other.differs(text, meantBy(nftables, text))).toBeUndefined();
    const drawn = mutants.map((mutant) => ({ order: order(stage), text, mutant }));
    const { seen, proved, untold, told } = judgeMutants(nftables, drawn, other);
    expect(untold).toEqual([]);
    expect(untried(told, kinds)).toEqual([]);
    expect(seen).toBeGreaterThan(1_000);
    expect(proved).toBeLessThan(seen / 6);
  },
  120_000,
);

test("every change of meaning to the texts of the reference plants is refused or refuted", () => {
  const { seen, proved, untold } = judgePlantMutants(nftables, mutantsIn, other, 500);
  expect(untold).toEqual([]);
  expect(seen).toBeGreaterThanOrEqual(500);
  expect(proved).toBeLessThan(seen / 3);
}, 120_000);
