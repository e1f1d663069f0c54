import { type Family, formatAddress, parseAddress } from "../../src/net/address.ts";
import { icmpProtocol, portProtocols } from "../../src/net/protocol.ts";
import type { ConduitCounters, PermitCounters, RecordedFlow } from "../../src/target.ts";
import type { ListedRule, Listing } from "./listing.ts";
import { chainName, families, type Generation, setName } from "./names.ts";
import { icmp6Codes, icmpCodes, protocols } from "./reader/vocabulary.ts";
import { recordSize } from "./ruleset.ts";

/**
 * Counters of a conduit's permits, and what its sets recorded. On a host without sets the record names nothing; it is
 * then told to be incomplete as soon as there was anything to name.
 */
export function readCounters(listing: Listing, conduit: string, generation: Generation): ConduitCounters {
  const permits = new Map<string, PermitCounters>();
  let [unpermitted, named, recordFull] = [0, false, false];
  const recorded: RecordedFlow[] = [];
  for (const family of families) {
    for (const [chain, rules] of listing.families[family].chains) {
      const direction = directionOf(chain, chainName(generation, conduit, ""));
      if (direction) for (const rule of rules) count(permits, rule, direction);
    }
    const rest = listing.families[family].chains.get(chainName(generation, conduit, ".rest"));
    unpermitted += rest?.[0]?.packets ?? 0;
    const set = listing.sets.find(({ name }) => name === setName(generation, conduit, family));
    if (!set) continue;
    named = true;
    recordFull ||= set.elements.length >= recordSize;
    recorded.push(...set.elements.map((element) => recordedFlow(element, family)));
  }
  return { permits: [...permits.values()], recorded, recordFull: recordFull || (!named && unpermitted > 0) };
}

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

/** `10.0.0.1,tcp:502,10.1.0.1 timeout 9 packets 3 bytes 120`; of ICMP `icmp:8/0`, or a name for type and code. */
function recordedFlow(element: string, family: Family): RecordedFlow {
  const [, source = "", protocolName = "", detail = "", destination = ""] =
    /^([^,]+),(?:([^:,]+):)?([^,]+),(\S+)/.exec(element) ?? [];
  const protocol = protocols.get(protocolName) ?? Number(protocolName);
  const flow = {
    family,
    source: canonical(source),
    destination: canonical(destination),
    protocol,
    packets: Number(/ packets (\d+)/.exec(element)?.[1] ?? 0),
  };
  if (protocol === icmpProtocol(family)) {
    const type = (family === 4 ? icmpCodes : icmp6Codes).get(detail) ?? Number(detail.split("/")[0]);
    return { ...flow, icmpType: type };
  }
  // Of a protocol whose ports the kernel's sets do not read, such as DCCP, the port is 0.
  return portProtocols.has(protocol) && detail !== "0" ? { ...flow, port: Number(detail) } : flow;
}

function canonical(text: string): string {
  const { family, from } = parseAddress(text);
  return formatAddress(family, from);
}
