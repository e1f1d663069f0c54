import type { Family } from "../net/address.ts";

/**
 * What decided who initiated, strongest first (after Barbosa et al. 2013).
 * `syn`: the opening of a connection was seen (TCP SYN, SCTP INIT). `log`: the log corrected the direction itself.
 * `icmp`: the type is a request. `group`: the receiver is a broadcast or multicast address, which never sends.
 * `known-port`: one end only is the port of a known service. `shared-port`: several peers share that port.
 * `ephemeral`: the other port lies in a range for temporary ports. `guess`: who sent first.
 */
export const directionEvidence = [
  "syn",
  "log",
  "icmp",
  "group",
  "known-port",
  "shared-port",
  "ephemeral",
  "guess",
] as const;
export type DirectionEvidence = (typeof directionEvidence)[number];

/**
 * One observed flow, the key of a baseline: initiator, responder and service, in the direction of the request.
 * Addresses are canonical text. For TCP, UDP, SCTP… `port` is the responder's; for ICMP `icmpType` is the request's.
 */
export interface Flow {
  readonly family: Family;
  readonly initiator: string;
  readonly responder: string;
  readonly protocol: number;
  readonly port?: number;
  readonly icmpType?: number;
}

/** How regularly requests come: `period` and `jitter` in seconds where it is periodic; always a silence deadline. */
export interface Cadence {
  readonly kind: "periodic" | "irregular";
  readonly period?: number;
  readonly jitter?: number;
  /**
   * Longest silence that is still normal, in seconds: max(3·median, 1.5·max gap, median + 10·1.4826·MAD). The silences
   * before the first and after the last request of the observation are gaps too.
   */
  readonly silenceDeadline: number;
  readonly samples: number;
}

/**
 * A flow with what was seen of it. Times are ISO 8601 in UTC, absent where no record of it had a readable time.
 * `packets` and `bytes` count both directions; bytes are those of the IP packets, headers included.
 */
export interface BaselineFlow extends Flow {
  readonly connections: number;
  readonly packets: number;
  readonly bytes: number;
  readonly firstSeen?: string;
  readonly lastSeen?: string;
  readonly evidence: DirectionEvidence;
  /** From 0 to 1: how sure it is that the initiator is the initiator. Below 0.5 it is a question to a human. */
  readonly confidence: number;
  /** False for a TCP attempt that nobody answered, or a request with no reply: never a permit by itself. */
  readonly answered: boolean;
  /** Why no routed conduit can carry it, when none can. Such flows get no rule. */
  readonly notRoutable?: "broadcast" | "multicast" | "link-local" | "loopback" | "unspecified";
  readonly cadence?: Cadence;
  /**
   * When it was seen, in slots of a quarter of an hour since 1970: stretches from and to, both included, in order.
   * Absent where no record of it had a readable time.
   */
  readonly presence?: readonly (readonly [from: number, to: number])[];
}

/** Every record of a source is counted once: `read = used + sum(ignored) + sum(rejected)`. */
export interface Accounting {
  readonly unit: "packets" | "lines" | "records";
  readonly read: number;
  readonly used: number;
  readonly ignored: Readonly<Record<string, number>>;
  readonly rejected: Readonly<Record<string, number>>;
  /** What the recorder's own statistics say: packets that it lost, of how many; absent where it lost or said nothing. */
  readonly losses?: { readonly lost: number; readonly of: number };
}

export interface BaselineSource {
  /** File name as given, without its folders. */
  readonly name: string;
  readonly format: string;
  /** Of the bytes as they were read (before decompression). */
  readonly sha256: string;
  readonly firstSeen?: string;
  readonly lastSeen?: string;
  readonly accounting: Accounting;
  /** What it repeats of sources that were read before it, and that counts once; absent where it is nothing. */
  readonly copies?: readonly SourceCopies[];
}

const firewallRecord = "record of a firewall";
/** The format of a source that is the record of a firewall of this target. */
export const firewallRecordFormat = (target: string): string => `${firewallRecord} (${target})`;
/** A firewall counts from reading to reading; the times of other sources are those of what they recorded. */
export const isFirewallRecord = ({ format }: Pick<BaselineSource, "format">): boolean =>
  format.startsWith(firewallRecord);

/** Conversations, and the packets of them, that a source of this name has too. */
export interface SourceCopies {
  /** Absent where they are in this source more than once. */
  readonly of?: string;
  readonly conversations: number;
  readonly packets: number;
  /** Who saw them, where the records of one log say so. */
  readonly observers?: readonly string[];
}

/**
 * Attempts that nobody answered, added up because they are too many to be kept one by one (a scan). Without a
 * responder: to several; without an initiator: of several.
 */
export interface Attempts {
  readonly initiator?: string;
  readonly responder?: string;
  /** Attempts, each with ports of its own or after a silence. */
  readonly conversations: number;
  readonly connections: number;
  readonly packets: number;
  readonly bytes: number;
  readonly firstSeen?: string;
  readonly lastSeen?: string;
}

/** What a firewall had counted of a flow when it was last read; `rose` tells the readings at which it had grown. */
export interface CountedFlow extends Flow {
  readonly packets: number;
  readonly replies?: number;
  readonly openings?: number;
  /** A digit for each of the readings that are kept, the latest last: 1 where the flow had grown. */
  readonly rose: string;
}

/** The last reading of a conduit's counters on a firewall, from which the next one is told apart. */
export interface Collection {
  readonly firewall: string;
  readonly conduit: string;
  /** Since when the counters were read without beginning anew. */
  readonly since: string;
  /** Times of the readings that are kept, the latest last. */
  readonly readings: readonly string[];
  /** Other values mean that the counters of the record, or those of the rules, began anew. */
  readonly epoch: { readonly record: string; readonly rules: string };
  /** What no permit admitted, and what one did. */
  readonly recorded: readonly CountedFlow[];
  readonly admitted: readonly CountedFlow[];
  /** Packets that no permit admitted, counted apart from the record. */
  readonly unpermitted?: number;
}

/**
 * How an address looked on its own link: what it sent from one network card in one VLAN. What routers forwarded for it,
 * and cards that several machines share, are left out.
 */
export interface AddressLink {
  readonly address: string;
  /** As `00:0e:8c:01:02:03`; absent where the source does not tell. */
  readonly mac?: string;
  /** Ids of the VLAN tags (IEEE 802.1Q), the outermost first; absent where there were none. */
  readonly vlan?: readonly number[];
  /** Packets, or records of a log. */
  readonly seen: number;
  readonly firstSeen?: string;
  readonly lastSeen?: string;
}

/** What was observed, as `sluice observe` writes it (JSON, `schema: sluice/baseline`). Flows are sorted by key. */
export interface Baseline {
  readonly schema: "sluice/baseline";
  readonly version: 1;
  readonly sources: readonly BaselineSource[];
  readonly flows: readonly BaselineFlow[];
  /** Absent where every flow is kept one by one. */
  readonly attempts?: readonly Attempts[];
  /** Absent where no firewall's own counters were read. */
  readonly collections?: readonly Collection[];
  /** Absent where no source told of links; sorted by address. */
  readonly links?: readonly AddressLink[];
  /** What a human should look at, in words; absent where there is nothing. */
  readonly findings?: readonly string[];
}
