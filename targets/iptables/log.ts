import { type Family, formatAddress, parseAddress } from "../../src/net/address.ts";
import { icmpProtocol, icmpRequestType, portProtocols } from "../../src/net/protocol.ts";
import type { CountersReading, PermitCounters } from "../../src/target.ts";
import { type Noted, sumRecord } from "../record-sum.ts";
import type { Snapshot } from "./host.ts";
import type { ListedRule } from "./listing.ts";
import { chainName, families, type Generation, type RecordAspect, recordAspects, setName } from "./names.ts";
import { icmp6Codes, icmpCodes, protocols } from "./reader/vocabulary.ts";
import { recordSize } from "./ruleset.ts";

/**
 * Counters of a conduit's permits, and what its sets recorded. On a host without sets the record names nothing; it is
 * then told to be incomplete as soon as there was anything to name.
 */
export function readCounters(
  { listing, counted, boot }: Pick<Snapshot, "listing" | "counted" | "boot">,
  conduit: string,
  generation: Generation,
): CountersReading {
  const permits = new Map<string, PermitCounters>();
  const admitted: Noted[] = [];
  const recorded: Noted[] = [];
  let [before, named, recordFull] = [0, false, false];
  const rest = chainName(generation, conduit, ".rest");
  for (const family of families) {
    for (const [chain, rules] of listing.families[family].chains) {
      const direction = directionOf(chain, chainName(generation, conduit, ""));
      if (!direction) continue;
      for (const rule of rules) {
        count(permits, rule, direction);
        admitted.push(...admittedBy(rule, family, direction));
      }
    }
    before += listing.families[family].chains.get(rest)?.[0]?.packets ?? 0;
    for (const aspect of recordAspects) {
      const set = listing.sets.find(({ name }) => name === setName(generation, conduit, aspect, family));
      if (!set) continue;
      named = true;
      recordFull ||= set.elements.length >= recordSize;
      recorded.push(...set.elements.map((element) => recordedFlow(element, family, aspect)));
    }
  }
  return {
    permits: [...permits.values()],
    recorded: sumRecord(recorded),
    recordFull: recordFull || (!named && before > 0),
    admitted: sumRecord(admitted).map(({ openings: _, ...flow }) => flow),
    // Nothing of iptables has a number of its own: that counters began anew shows in their values alone.
    epoch: { record: boot, rules: boot },
    ...(named && { unpermitted: { before, after: packetsCounted(counted, rest) } }),
  };
}

/** Both families' first rule of the chain that ends a conduit, as `iptables-save -c` prints it. */
const packetsCounted = (counted: string, rest: string): number =>
  counted
    .split("\n")
    .filter((line) => line.includes(` -A ${rest} `) && / record"?$/.test(line))
    .reduce((sum, line) => sum + Number(/^\[(\d+):/.exec(line)?.[1] ?? 0), 0);

/** The trees of a conduit are `.p`, `.p1`, … for requests and `.r`, `.r1`, … for replies. */
function directionOf(chain: string, entry: string): "requests" | "replies" | undefined {
  const part = chain.startsWith(`${entry}.`) && /^([pr])\d*$/.exec(chain.slice(entry.length + 1));
  if (!part) return undefined;
  return part[1] === "p" ? "requests" : "replies";
}

function count(
  permits: Map<string, PermitCounters>,
  { text, packets }: ListedRule,
  direction: "requests" | "replies",
): void {
  const permit = /--comment (\S+) -j RETURN$/.exec(text)?.[1];
  if (permit === undefined) return;
  const sum = permits.get(permit) ?? { permit, requests: 0, replies: 0 };
  permits.set(permit, { ...sum, [direction]: sum[direction] + packets });
}

/** The flow of a rule that admits one service between two hosts; none of any other rule. */
function admittedBy(
  { text, packets }: ListedRule,
  family: Family,
  direction: "requests" | "replies",
): readonly Noted[] {
  const rule =
    /^-s (\S+)\/(?:32|128) -d (\S+)\/(?:32|128) -p (\S+) (?:-m (?:\S+) --([sd]port|icmp(?:v6)?-type) (\S+) )?-m comment --comment \S+ -j RETURN$/.exec(
      text,
    );
  if (!rule || /[:/]/.test(rule[5] ?? "")) return [];
  const [, from = "", to = "", name = "", option, value] = rule;
  const protocol = protocols.get(name) ?? Number(name);
  const [source, destination] = direction === "requests" ? [from, to] : [to, from];
  if (portProtocols.has(protocol) !== (option?.endsWith("port") === true)) return [];
  const type = (family === 4 ? icmpCodes : icmp6Codes).get(value ?? "") ?? Number(value);
  const service = option?.endsWith("port")
    ? { port: Number(value) }
    : option === undefined
      ? {}
      : { icmpType: direction === "requests" ? type : (icmpRequestType(family, type) ?? type) };
  return [
    {
      flow: { family, source: canonical(source), destination: canonical(destination), protocol, ...service },
      packets,
      aspect: direction === "requests" ? "request" : "answer",
    },
  ];
}

/** `10.0.0.1,tcp:502,10.1.0.1 timeout 9 packets 3 bytes 120`; of ICMP `icmp:8/0`, or a name for type and code. */
function recordedFlow(element: string, family: Family, aspect: RecordAspect): Noted {
  const [, source = "", protocolName = "", detail = "", destination = ""] =
    /^([^,]+),(?:([^:,]+):)?([^,]+),(\S+)/.exec(element) ?? [];
  const protocol = protocols.get(protocolName) ?? Number(protocolName);
  const ends = { family, source: canonical(source), destination: canonical(destination), protocol };
  const counted = { packets: Number(/ packets (\d+)/.exec(element)?.[1] ?? 0), aspect };
  if (protocol === icmpProtocol(family)) {
    const type = (family === 4 ? icmpCodes : icmp6Codes).get(detail) ?? Number(detail.split("/")[0]);
    const icmpType = aspect === "answer" ? (icmpRequestType(family, type) ?? type) : type;
    return { flow: { ...ends, icmpType }, ...counted };
  }
  // Of a protocol whose ports the kernel's sets do not read, such as DCCP, the port is 0.
  const isPort = portProtocols.has(protocol) && detail !== "0";
  return { flow: isPort ? { ...ends, port: Number(detail) } : ends, ...counted };
}

function canonical(text: string): string {
  const { family, from } = parseAddress(text);
  return formatAddress(family, from);
}
