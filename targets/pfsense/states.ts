import { AddressError, type Family, parseAddress } from "../../src/net/address.ts";

/** One entry of pf's state table: the request that made it, and the two numbers by which it can be cut. */
export interface PfState {
  readonly id: string;
  readonly creator: string;
  readonly family: Family;
  readonly protocol: string;
  readonly source: string;
  readonly destination: string;
  readonly sourcePort?: number;
  readonly destinationPort?: number;
  /** In both directions, since the state was made, and of these the answers. */
  readonly packets: number;
  /** Whether a packet came back. */
  readonly answered: boolean;
  /** Seconds since the state was made. */
  readonly age?: number;
  readonly replies: number;
}

/**
 * Reads `pfctl -vvss`. An arrow points from who asked to who answers, whichever is named first; an address in brackets
 * or parentheses is the one before translation. A state without an id, or an end that is no address, is given back in
 * `unread`: what cannot be read cannot be judged.
 */
export function readStates(listing: string): {
  readonly states: readonly PfState[];
  readonly unread: readonly string[];
} {
  const states: PfState[] = [];
  const unread: string[] = [];
  for (const entry of listing.split(/\n(?=\S)/)) {
    const [head = "", ...details] = entry.split("\n");
    if (head.trim() === "") continue;
    const body = details.join("\n");
    const id = /\bid: ([0-9a-f]+) creatorid: ([0-9a-f]+)/.exec(body);
    const [there = 0, back = 0] = /\b(\d+):(\d+) pkts\b/.exec(body)?.slice(1).map(Number) ?? [];
    const age = /\bage (\d+):(\d\d):(\d\d)\b/.exec(body)?.slice(1).map(Number);
    const ends = id && readHead(head);
    if (ends) {
      const counts = { packets: there + back, replies: back, answered: back > 0 };
      states.push({
        ...{ id: id[1]!, creator: id[2]!, ...ends, ...counts },
        ...(age && { age: age[0]! * 3_600 + age[1]! * 60 + age[2]! }),
      });
    } else unread.push(head);
  }
  return { states, unread };
}

function readHead(
  head: string,
): Omit<PfState, "id" | "creator" | "packets" | "replies" | "answered"> | undefined {
  const found = /^\S+ (\S+) (\S+)(?: [([]\S+[)\]])? (<-|->) (\S+)(?: [([]\S+[)\]])?(?: |$)/.exec(head);
  if (!found) return undefined;
  const [, protocol, left, arrow, right] = found;
  const [source, destination] = (arrow === "->" ? [left!, right!] : [right!, left!]).map(readEnd);
  if (!source || !destination || source.family !== destination.family) return undefined;
  return {
    family: source.family,
    protocol: protocol!,
    source: source.address,
    destination: destination.address,
    ...(source.port === undefined ? {} : { sourcePort: source.port }),
    ...(destination.port === undefined ? {} : { destinationPort: destination.port }),
  };
}

/** `10.0.0.1:502`, or `fd00::1[502]` for IPv6; without a port for protocols that have none. */
function readEnd(
  text: string,
): { readonly address: string; readonly port?: number; readonly family: Family } | undefined {
  const six = /^([0-9a-f:.]+)(?:%\w+)?(?:\[(\d+)\])?$/i.exec(text);
  const four = /^(\d+(?:\.\d+){3})(?::(\d+))?$/.exec(text);
  const [, address, port] = four ?? six ?? [];
  if (address === undefined) return undefined;
  try {
    const { family } = parseAddress(address);
    return { address, family, ...(port === undefined ? {} : { port: Number(port) }) };
  } catch (error) {
    if (error instanceof AddressError) return undefined;
    throw error;
  }
}
