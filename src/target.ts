import type { ConduitRules, FirewallRules, Stage } from "./compile/ir.ts";
import type { Program } from "./compile/program.ts";
import type { Outcome } from "./diagnostics/diagnostic.ts";
import type { Session } from "./session.ts";

/** What a back end can express; the legalise passes read it, and the tables in the docs are made from it. */
export interface Capabilities {
  /** Longest name of a set or a chain. */
  readonly nameLength: number;
  /** An element of a set may be a range that is not a prefix. */
  readonly ranges: boolean;
  /** Elements of one set must not overlap. */
  readonly disjointElements: boolean;
  /** Where the lease of a trial is held. */
  readonly lease: "kernel" | "helper";
}

/**
 * A compiler back end: four things behind one interface (the shape of Kysely's dialects).
 * `emit` is pure, total and deterministic. `parse` reads that text, or the firewall's own listing of it, and shares
 * nothing with `emit` but the packet type; a text that is not exactly of our form is an error, never a guess.
 */
export interface Target {
  readonly name: string;
  /** File name extension of an emitted ruleset, with the dot. */
  readonly extension: string;
  readonly capabilities: Capabilities;
  emit(rules: FirewallRules): string;
  parse(text: string, file: string): Outcome<Program>;
  driver(session: Session, paths: DriverPaths): Driver;
}

export interface DriverPaths {
  /** The file that the host loads at boot and that Sluice owns. */
  readonly bootFile: string;
  /** The host's own boot file, which must include it. */
  readonly bootEntry: string;
}

/** Facts about the host, read before anything is planned. */
export interface HostFacts {
  readonly kernel: string;
  readonly version: string;
  /** Reasons why no change may be made here, each with how to mend it; empty when it may. */
  readonly obstacles: readonly string[];
}

/** What dispatches a conduit's packets now. */
export interface LiveConduit {
  readonly conduit: string;
  readonly stage: Stage;
  /** Set while the dispatch is a trial that ends by itself. */
  readonly trial?: { readonly plan: string; readonly secondsLeft: number };
}

/** What the firewall does now. Hashes are SHA-256 in hex of a normal form without counters, handles and record. */
export interface LiveState {
  /** Our own part as the firewall lists it, or undefined when there is none. */
  readonly text: string | undefined;
  readonly ownHash: string;
  /** Everything in the firewall that is not ours. */
  readonly foreignHash: string;
  readonly bootText: string | undefined;
  readonly conduits: readonly LiveConduit[];
  readonly lock: { readonly holder: string; readonly secondsLeft: number } | undefined;
}

/** Counters of one permit of one conduit, summed over its elements. */
export interface PermitCounters {
  readonly permit: string;
  readonly requests: number;
  readonly replies: number;
}

/** A tuple that no permit admitted, from the conduit's record. */
export interface RecordedFlow {
  readonly family: 4 | 6;
  readonly source: string;
  readonly destination: string;
  readonly protocol: number;
  readonly port?: number;
  readonly icmpType?: number;
  readonly packets: number;
}

export interface ConduitCounters {
  readonly permits: readonly PermitCounters[];
  readonly recorded: readonly RecordedFlow[];
  /** True when the record is full, so that something may be missing from it. */
  readonly recordFull: boolean;
}

/** A trial as it is armed: which rules, for which plan, by whom, for how long without renewal. */
export interface TrialOrder {
  readonly plan: string;
  readonly holder: string;
  readonly rules: ConduitRules;
  readonly leaseSeconds: number;
}

/** Outcome of a step that the firewall itself may have overtaken. */
export type LeaseAnswer = "held" | "expired" | "confirmed" | "foreign";

/**
 * What may be done to a firewall. Each step is one atomic transaction there and safe to repeat. All reject with
 * SessionError when the wire breaks and with DriverError when the firewall refuses.
 */
export interface Driver {
  facts(): Promise<HostFacts>;
  read(): Promise<LiveState>;
  /** Has the host check the text without loading it. Resolves with the host's complaint, or undefined when it is well. */
  check(text: string): Promise<string | undefined>;
  /** Takes the firewall's own lock, which ends by itself; resolves with the holder when somebody else has it. */
  lock(holder: string, seconds: number): Promise<string | undefined>;
  unlock(holder: string): Promise<void>;
  /** Rehearses the dead man on the host, away from any packet. Resolves with the seconds it took to fire. */
  drill(leaseSeconds: number): Promise<number>;
  /** Loads a conduit's rules so that no packet meets them yet. */
  load(rules: ConduitRules): Promise<void>;
  /** Starts the trial: packets meet the rules, and stop meeting them when the lease ends. */
  arm(order: TrialOrder): Promise<void>;
  renew(order: TrialOrder): Promise<LeaseAnswer>;
  /** Makes the armed trial permanent in the running firewall, in one step that no packet slips through. */
  confirm(order: TrialOrder): Promise<LeaseAnswer>;
  /** Ends a trial at once; the previous stage is what remains. */
  disarm(): Promise<void>;
  counters(conduit: string): Promise<ConduitCounters>;
  /** Puts back a known-good configuration, or nothing of ours at all, in one step. */
  restore(text: string | undefined): Promise<void>;
  /** Writes the boot file (temporary file, fsync, rename) and resolves with the hash read back; undefined removes it. */
  writeBoot(text: string | undefined): Promise<string>;
  /** Loads the host's boot configuration where it cannot touch a packet, and lists our part of the result. */
  rehearseBoot(): Promise<string | undefined>;
  /** Small files of ours on the host (known-goods, used plans), kept in a folder of ours. */
  readFile(name: string): Promise<string | undefined>;
  writeFile(name: string, content: string): Promise<void>;
}

/** The firewall refused a step or answered something that is not understood. */
export class DriverError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "DriverError";
  }
}
