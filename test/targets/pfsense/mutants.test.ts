import { expect, test } from "vitest";
import { evaluate } from "../../../src/compile/evaluate.ts";
import type { Stage } from "../../../src/compile/ir.ts";
import { formatPacket, type Packet } from "../../../src/net/packet.ts";
import { icmpProtocol, icmpReplyType, portProtocols } from "../../../src/net/protocol.ts";
import { type CompileOrder, compileConduit } from "../../../src/verify/compile.ts";
import { pfsense } from "../../../targets/pfsense/target.ts";
import { mutantsOf, type OtherReader } from "../../support/mutants.ts";
import { cutsOf, fatesOf, type PfTuple, readPf, tuplesOf } from "../../support/pf-interpreter.ts";
import {
  judgeMutants,
  judgePlantMutants,
  meantBy,
  plantOrders,
  untried,
} from "../../support/plant-mutants.ts";
import { anything, bare, ping, policy, tcp, udp, unlimited } from "../../support/policies.ts";

/** Every kind of line: both families and directions, tables and single addresses, every kind of service. */
const drawn = policy([
  { from: ["10.0.1.1", "10.0.1.4"], to: ["10.0.2.1-10.0.2.3"], services: [tcp(502), udp(2222, 2230)] },
  { from: ["10.0.2.4"], to: ["10.0.1.4"], services: [ping(4), bare(47)] },
  { from: ["fd00:1::1"], to: ["fd00:2::1", "fd00:2::4"], services: [ping(6), tcp(502), bare(47)] },
  { from: ["fd00:2::7"], to: ["fd00:1::7"], services: [tcp(443)] },
  { from: ["10.0.1.6"], to: ["10.0.2.6"], services: [anything] },
]);
const order = (stage: Stage): CompileOrder => ({
  ...drawn,
  ...{ firewall: "fw1", stage, target: pfsense, baseline: undefined, budget: unlimited },
});

/** What a careless edit makes of a word. */
const replacements: Readonly<Record<string, readonly string[]>> = {
  match: ["pass", "block"],
  block: ["pass", "match", "block return"],
  in: ["out", ""],
  log: [""],
  quick: [""],
  inet: ["inet6", ""],
  inet6: ["inet", ""],
  tcp: ["udp", "icmp"],
  udp: ["tcp"],
  icmp: ["tcp", "ipv6-icmp"],
  "ipv6-icmp": ["icmp"],
  from: ["to"],
  to: ["from"],
  any: ["self", "10.0.1.5"],
  "(self)": ["(lan)", "any", "10.0.2.1"],
  port: [""],
  flags: [""],
  tag: ["tagged", "! tagged", ""],
  tagged: ["tag"],
  "!": [""],
  "icmp-type": ["icmp6-type"],
  "icmp6-type": ["icmp-type"],
};

/** Numbers and addresses next to the right one; names that are not the right one. */
function wordsFor(word: string): readonly string[] {
  if (replacements[word]) return replacements[word];
  if (/^\d+$/.test(word)) return [`${Number(word) + 1}`, ""];
  if (/^\d+:\d+$/.test(word))
    return [word.replace(":", "-"), `${word.split(":")[0]!}`, `1:${word.split(":")[1]!}`];
  if (/^[0-9a-f.:]+(\/\d+)?$/.test(word)) {
    const [address, length] = word.split("/");
    const near = `${address!.slice(0, -1)}${address!.endsWith("9") ? 8 : 9}`;
    return [near, length === undefined ? `${word}/30` : address!, "any", "10.0.1.5"];
  }
  if (/^permit-\d$/.test(word)) return ["permit-9"];
  return /^<?sluice_/.test(word) ? [word.replace(/>?$/, "x$&")] : [];
}

/** What each kind of change looks like here; the kinds are those that a reviewer would fear. */
const kinds: Parameters<typeof untried>[1] = {
  verdict: (change) => /^"(match|block)" -> /.test(change),
  port: (change) => /^"(502|2222:2230)" -> /.test(change),
  prefix: (change) => /^"[\da-f.:]+\/\d+" -> /.test(change),
  direction: (change) => /^"(in|from)" -> /.test(change),
  element: (change, line) => /^"[\da-f.:/]+" -> /.test(change) && line.startsWith("table"),
  jump: (change) => /^"(quick|tagged)" -> /.test(change),
  order: (change) => change.startsWith("swapped"),
};

/** Headings decide nothing; without them each rule stands beside the next, so that the two are swapped. */
const mutants = (text: string) =>
  mutantsOf(text.replaceAll(/^(#.*)?\n/gm, ""), wordsFor, /^(match|block) in /);

/** Packets that tell each pair of texts apart that differ at all, one after the other, by the interpreter of pf.conf(5). */
const other: OtherReader = {
  differs(text, meant) {
    try {
      const [right, wrong] = [readPf(meant.text), readPf(text)];
      const cuts = cutsOf([...right, ...wrong]);
      const [wanted, found] = [fatesOf(right, cuts), fatesOf(wrong, cuts)];
      const at = found.findIndex((fate, index) => fate !== wanted[index]);
      return at < 0 ? undefined : formatPacket(packetOf(tuplesOf(cuts)[at]!));
    } catch (error) {
      return `not read: ${String(error)}`;
    }
  },
};

function packetOf({ payload = 0, ...tuple }: PfTuple): Packet {
  const isIcmp = tuple.protocol === icmpProtocol(tuple.family);
  return {
    ...{ ...tuple, state: "original" },
    ...(portProtocols.has(tuple.protocol) && { sourcePort: 40_000, destinationPort: payload }),
    ...(isIcmp && { icmpType: payload, icmpCode: 0 }),
  };
}

/** The reply to a request; undefined where nothing answers. */
function replyTo(packet: Packet): Packet | undefined {
  const type = packet.icmpType === undefined ? undefined : icmpReplyType(packet.family, packet.icmpType);
  if (packet.icmpType !== undefined && type === undefined) return undefined;
  return {
    ...{ ...packet, state: "reply", source: packet.destination, destination: packet.source },
    ...(packet.destinationPort !== undefined && {
      ...{ sourcePort: packet.destinationPort, destinationPort: packet.sourcePort! },
    }),
    ...(type !== undefined && { icmpType: type }),
  };
}

test("the interpreter and our reader say the same of every kind of packet, of every text of the plants", () => {
  let packets = 0;
  for (const each of [order("monitor"), order("enforce"), ...plantOrders(pfsense)]) {
    const { text } = compileConduit(each).ruleset!;
    const { program } = meantBy(pfsense, text);
    const lines = readPf(text);
    const cuts = cutsOf(lines);
    const fates = fatesOf(lines, cuts);
    // Of a larger grid a part, by a prime, so that no side of the grid keeps step with it.
    const step = fates.length > 1_500 ? 53 : 1;
    for (const [at, tuple] of tuplesOf(cuts).entries()) {
      if (at % step !== 0) continue;
      const request = packetOf(tuple);
      const reply = replyTo(request);
      for (const packet of reply ? [request, { ...request, state: "none" } as const, reply] : [request]) {
        const { verdict, recorded } = evaluate(program, packet);
        expect({ verdict, recorded }, `${each.conduit.id}: ${formatPacket(packet)}`).toEqual(fates[at]);
        packets += 1;
      }
    }
  }
  expect(packets).toBeGreaterThan(10_000);
}, 60_000);

test.each(["monitor", "enforce"] as const)(
  "every change of meaning to a %s text is refused or refuted",
  (stage) => {
    const { text } = compileConduit(order(stage)).ruleset!;
    const drawn = mutants(text).map((mutant) => ({ order: order(stage), text, mutant }));
    const { seen, proved, untold, told } = judgeMutants(pfsense, drawn, other);
    expect(untold).toEqual([]);
    expect(untried(told, kinds)).toEqual([]);
    expect(seen).toBeGreaterThan(500);
    expect(proved).toBeLessThan(seen / 2);
  },
  120_000,
);

test("every change of meaning to the texts of the reference plants is refused or refuted", () => {
  const { seen, proved, untold } = judgePlantMutants(pfsense, mutants, other, 500);
  expect(untold).toEqual([]);
  expect(seen).toBeGreaterThanOrEqual(500);
  expect(proved).toBeLessThan(seen / 2);
}, 120_000);
