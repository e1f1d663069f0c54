import { expect, test } from "vitest";
import type { Stage } from "../../../src/compile/ir.ts";
import { type CompileOrder, compileConduit, verifyText } from "../../../src/verify/compile.ts";
import { iptables } from "../../../targets/iptables/target.ts";
import { type Mutant, mutantsOf } from "../../support/mutants.ts";
import { anything, bare, ping, policy, tcp, udp, unlimited } from "../../support/policies.ts";

/** Every kind of rule is there, in both families and both directions, and enough of them for trees of chains. */
const drawn = policy([
  { from: ["10.0.1.1"], to: ["10.0.2.1-10.0.2.3"], services: [tcp(502), tcp(504), udp(2222, 2230)] },
  { from: ["10.0.2.4"], to: ["10.0.1.4"], services: [ping(4), bare(47)] },
  { from: ["fd00:1::1"], to: ["fd00:2::1"], services: [ping(6), tcp(502), bare(47)] },
  { from: ["10.0.1.6"], to: ["10.0.2.6"], services: [anything] },
  {
    from: ["10.0.1.0", "10.0.1.2", "10.0.1.4", "10.0.1.6"],
    to: ["10.0.2.0", "10.0.2.4", "10.0.2.5"],
    services: [tcp(102)],
  },
]);
const order = (stage: Stage): CompileOrder => ({
  ...drawn,
  ...{ firewall: "fw1", stage, target: iptables, baseline: undefined, budget: unlimited },
});

/** What a careless edit or a merge makes of a word. */
const replacements: Readonly<Record<string, readonly string[]>> = {
  RETURN: ["DROP", "ACCEPT"],
  DROP: ["RETURN", "ACCEPT"],
  "-g": ["-j"],
  "-s": ["-d"],
  "-d": ["-s"],
  "-4": ["-6"],
  "-6": ["-4"],
  "--dport": ["--sport"],
  "--sport": ["--dport"],
  "--dports": ["--sports"],
  "--sports": ["--dports"],
  "--src-range": ["--dst-range"],
  "--dst-range": ["--src-range"],
  icmp: ["ipv6-icmp", "tcp"],
  "ipv6-icmp": ["icmp"],
  tcp: ["udp"],
  udp: ["tcp"],
  ESTABLISHED: ["NEW", "RELATED", "ESTABLISHED,RELATED"],
  RELATED: ["ESTABLISHED", "NEW"],
  REPLY: ["ORIGINAL"],
  "src,dst,dst": ["dst,src,src", "src,dst,src"],
  "dst,src,src": ["src,dst,dst"],
  SET: ["MARK"],
  "!": [""],
  "*filter": ["*mangle"],
  COMMIT: [""],
};

function wordsFor(word: string): readonly string[] {
  if (replacements[word]) return replacements[word];
  if (/^\d+$/.test(word)) return [String(Number(word) + 1), `${word}:${Number(word) + 1}`];
  const ports = /^(\d+)([:,])(\d+)$/.exec(word);
  if (ports) return [`${ports[1]}${ports[2] === ":" ? "," : ":"}${ports[3]}`, ports[1]!];
  const range = /^(\S+[.:])(\d+)-\S+$/.exec(word);
  if (range) return [word.replace(/.$/, "7"), `${range[1]}${range[2]}`];
  const prefix = /^(.*)\/(\d+)$/.exec(word);
  if (prefix) return [`${prefix[1]}/${Number(prefix[2]) - 1}`, `${prefix[1]}/${Number(prefix[2]) + 1}`];
  if (/^SLUICE-/.test(word)) {
    return [
      word.replace("left", "other"),
      word.replace(/\.p|\.r/, (part) => (part === ".p" ? ".r" : ".p")),
      word.replace(/\.record|\.replied|\.rest/, (part) => (part === ".rest" ? ".record" : ".rest")),
    ].filter((other) => other !== word);
  }
  return /^permit-\d$/.test(word) ? ["permit-9"] : [];
}

/** Why a change leaves the meaning as it is. A survivor that fits none of these is a hole in reader or proof. */
const trulyEqual: Readonly<Record<string, (mutant: Mutant) => boolean>> = {
  "a rule that stands there twice is met once": ({ line, change }) =>
    change === "repeated" && !line.startsWith(":") && !line.startsWith("#"),
  "chains may be declared in any order": ({ line, change }) =>
    line.startsWith(":") && change.startsWith('swapped with ":'),
  "sets may be declared in any order": ({ line, change }) =>
    line.startsWith("#ipset") && change.startsWith('swapped with "#ipset'),
  "how much a record holds, and how long, decides about no packet": ({ line, change }) =>
    line.startsWith("#ipset") && /"(65536|604800)"/.test(change),
  "the counters of a chain's line decide about no packet": ({ line }) => line.startsWith(":"),
  "permits are disjoint, and so are the parts of a tree": ({ line, change }) =>
    /\.[pr]\d* .*(RETURN|-g \S+\.[pr]\d+)$/.test(line) &&
    /^swapped with ".*(RETURN|-g \S+\.[pr]\d+)"$/.test(change),
  "a chain has rules of two families, each of which meets its own": ({ line, change }) =>
    /^-[46] /.test(line) && change.startsWith(`swapped with "-${line[1] === "4" ? 6 : 4} `),
  "no packet is of both ICMPs": ({ line, change }) => / RELATED /.test(line) && change.startsWith("swapped"),
  "the two directions of a pair have no order": ({ line, change }) =>
    line.includes("SLUICE-CONFIRMED -s") && /^swapped with ".*SLUICE-CONFIRMED -s/.test(change),
  "rules of different chains have no order": ({ line, change }) =>
    /-A (\S+)/.exec(line)?.[1] !== /-A (\S+)/.exec(change)?.[1] && change.startsWith("swapped"),
  "openings are counted beside what asks, before or after": ({ line, change }) =>
    line.includes("--tcp-flags") && change.startsWith("swapped"),
  "a branch is met by the packets of its parent only": ({ line, change }) =>
    /\.[pr]\d+ .*RETURN$|\.[pr]\d* .*-g \S+\.[pr]\d+$/.test(line) && /^"(.*)\/32" -> "\1\/31"$/.test(change),
  "what comes to the end of a chain passes, as in monitor": ({ line, change, text }) =>
    change === "removed" &&
    line.endsWith("-g SLUICE-c-left-right.rest") &&
    text.includes("left-right monitor"),
  "a comment beside a verdict, or a count, is for people": ({ line }) => /-m comment --comment "/.test(line),
};

test.each(["monitor", "enforce"] as const)(
  "every change of meaning to a %s text is refused or refuted",
  (stage) => {
    const { text } = compileConduit(order(stage)).ruleset!;
    expect(text).toContain("SLUICE-c-left-right.p1 ");
    const mutants = mutantsOf(text, wordsFor, /^(:|#ipset|-)/);
    const survivors = mutants.filter((mutant) => {
      const { ruleset } = verifyText(order(stage), mutant.text, "mutant.rules");
      return ruleset?.claims.every(({ claim, result }) => result === "proved" || claim === "baseline-kept");
    });
    const holes = survivors.filter((mutant) => !Object.values(trulyEqual).some((holds) => holds(mutant)));
    expect(holes.map(({ line, change }) => `${line}: ${change}`)).toEqual([]);
    expect(mutants.length).toBeGreaterThan(500);
    expect(survivors.length).toBeLessThan(mutants.length / 4);
  },
  120_000,
);
