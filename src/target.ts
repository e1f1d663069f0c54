import type { Flow } from "./baseline/flow.ts";
import type { Backend } from "./compile/backend.ts";
import type { ConduitRules, Stage } from "./compile/ir.ts";
import type { Reading } from "./compile/reading.ts";
import type { Outcome } from "./diagnostics/diagnostic.ts";
import type { Session } from "./session.ts";

export type { Capabilities } from "./compile/backend.ts";

/** A compiler back end and the hand that reaches the firewall, behind one interface (the shape of Kysely's dialects). */
export interface Target extends Backend {
  driver(session: Session, paths: DriverPaths): Driver;
  readonly foreign: ForeignReader;
}

/** Reads rulesets that are not ours, as the platform itself prints them. */
export interface ForeignReader {
  /** Whether a text looks like one of the platform's, so that its reader's refusal is worth telling. */
  recognises(text: string): boolean;
  read(text: string, file: string): Outcome<Reading>;
}

export interface DriverPaths {
  /** The file that the host loads at boot and that Sluice owns. */
  readonly bootFile: string;
  /** The host's own boot file, which must include it. */
  readonly bootEntry: string;
  /** The firewall is a bridge, so it must be checked that its packets meet the rules at all. */
  readonly transparent?: true;
  /** The firewall is one of a high-availability pair, so sessions must survive that they go over to the other and back. */
  readonly paired?: true;
}

/** Facts about the host, read before anything is planned. */
export interface HostFacts {
  readonly kernel: string;
  readonly version: string;
  /** Reasons why no change may be made here, each with how to mend it; empty when it may. */
  readonly obstacles: readonly string[];
  /** What a change may be made with, and whoever approves it must know; each with how to mend it. */
  readonly cautions?: readonly string[];
  /** Who ends a trial here when nobody acts, independent of one another; the one that fires first stands first. */
  readonly deadMen: readonly DeadMan[];
}

/** A lease that the kernel holds, a timer of the init system, or a process of its own. */
export type DeadMan = "kernel" | "init" | "process";

/** One dead man in a rehearsal: when it was to fire, and when it did, in seconds. */
export interface Firing {
  readonly by: DeadMan;
  readonly due: number;
  readonly seconds: number;
}

/** The second dead man of the last trial, as the firewall knows it. `plan` is the first 16 digits of the plan's id. */
export type GuardState = { readonly plan: string; readonly by: DeadMan } & (
  | { readonly kind: "waits"; readonly secondsLeft: number }
  /** Nothing executes it any more, and nobody disarmed it. */
  | { readonly kind: "gone" }
  | { readonly kind: "disarmed" }
  /** It found the trial running and ended it, or found that there was nothing left to end. */
  | { readonly kind: "fired"; readonly found: "trial" | "nothing" }
);

/** What dispatches a conduit's packets now. */
export interface LiveConduit {
  readonly conduit: string;
  readonly stage: Stage;
  /** Of the conduit's rules in a normal form that is the same for a trial and for what is confirmed. */
  readonly rulesHash: string;
  /** Seconds for which sessions from before enforcement may still go on; absent when they may not. */
  readonly draining?: number;
  /** Set while the dispatch is a trial that ends by itself; `plan` is the first 16 digits of its id. */
  readonly trial?: { readonly plan: string; readonly secondsLeft: number };
}

/** Our own part of a firewall. */
export interface OwnState {
  /** As the firewall lists it, or undefined when there is none. */
  readonly text: string | undefined;
  /** What is confirmed, in a normal form without counters, record and trial; empty when nothing is dispatched. */
  readonly form: string;
  /** SHA-256 of `form`, in hex. */
  readonly ownHash: string;
  readonly conduits: readonly LiveConduit[];
}

/** What the firewall does now. Hashes are SHA-256 in hex of a normal form without counters, handles and record. */
export interface LiveState extends OwnState {
  /** Everything in the firewall that is not ours, in normal form. */
  readonly foreignForm: string;
  readonly foreignHash: string;
  readonly bootText: string | undefined;
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
  /** In both directions. */
  readonly packets: number;
  /** Of these, answers by connection tracking; absent where the firewall does not tell them apart. */
  readonly replies?: number;
  /**
   * Of these, openings: TCP with SYN and without ACK. None means that it was picked up midway, so that the source may
   * be the one that answers. Absent for other protocols, and where the firewall does not tell.
   */
  readonly openings?: number;
  /** Seconds since it was last seen, where the firewall knows. */
  readonly quietFor?: number;
}

export interface ConduitCounters {
  readonly permits: readonly PermitCounters[];
  readonly recorded: readonly RecordedFlow[];
  /** True when the record is full, so that something may be missing from it. */
  readonly recordFull: boolean;
}

/**
 * A session that the firewall's own table holds, as its rules see it: what a translation changes is changed already for
 * the responder, and not yet for the initiator.
 */
export interface LiveSession extends Flow {
  readonly initiatorPort?: number;
  readonly icmpCode?: number;
  /** Whether anything came back. */
  readonly answered: boolean;
  /** Seconds since it began, and since its last packet, where the firewall keeps them. */
  readonly age?: number;
  readonly idle?: number;
  /** In both directions, where the firewall counts them. */
  readonly packets?: number;
  /** What the firewall calls it: enough to end this one and no other. */
  readonly key: string;
}

export type SessionListing =
  | {
      readonly kind: "listed";
      readonly sessions: readonly LiveSession[];
      /** Entries that are not understood, so that nobody knows what becomes of them. */
      readonly unread: number;
      /** Whether the host has what it takes to end a single one. */
      readonly endable: boolean;
    }
  | { readonly kind: "not-listed"; readonly reason: string };

/** What a host says of itself, beside its rules. */
export interface HostReadings {
  /** The connections that it keeps track of, and how many it can; absent where it does not tell. */
  readonly tracked?: { readonly entries: number; readonly limit: number };
  /** Lines that change when it takes over from, or hands over to, another member of its pair: its addresses and roles. */
  readonly standing: readonly string[];
  /** Its clock, in seconds since 1970. */
  readonly clock: number;
  /** Free space where it keeps files of ours, in bytes. */
  readonly freeBytes: number;
  /** Address from which this session reached it, as the host sees it; absent where it does not tell. */
  readonly client?: string;
}

/** What became of an attempt to open a TCP connection; `unknown` where it could not be tried. */
export type ProbeAnswer = "open" | "closed" | "unknown";

/** Counters with what is needed to add one reading of them to the next. */
export interface CountersReading extends ConduitCounters {
  /**
   * What permits admit between one initiator and one responder with one service, so that the counters of the permit
   * are those of a flow.
   */
  readonly admitted: readonly RecordedFlow[];
  /** Other values mean that the counters of the record, or those of the rules, began anew (a reload, a reboot). */
  readonly epoch: { readonly record: string; readonly rules: string };
  /**
   * Packets that no permit admitted, counted apart from the record just before and just after the record was read: what
   * is missing from the record was lost. Absent where the firewall keeps no such count, or where it was not asked for.
   */
  readonly unpermitted?: { readonly before: number; readonly after: number };
}

/** A trial as it is armed: which rules, for which plan, by whom, for how long without renewal. */
export interface TrialOrder {
  /** The plan's id, 64 hex digits. */
  readonly plan: string;
  /** Who has the lock: letters, digits and ` .@:_-`, at most 100 characters. */
  readonly holder: string;
  readonly rules: ConduitRules;
  readonly leaseSeconds: number;
}

/** Outcome of a step that the firewall itself may have overtaken. */
export type LeaseAnswer =
  | "held"
  | "expired"
  | "confirmed"
  | "foreign"
  /** The lease was renewed, and the second dead man is not there any more. */
  | "unguarded";

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
  /** Rehearses every dead man on the host, away from any packet. @throws {DriverError} when one does not fire. */
  drill(leaseSeconds: number): Promise<readonly Firing[]>;
  /**
   * Has the second dead man wait, before anything of the trial is loaded; from then on `renew` renews both. Absent
   * where `arm` itself starts every dead man before it loads the first rule.
   */
  guard?(order: TrialOrder): Promise<void>;
  /** What is known of the second dead man on the host; undefined when none was armed since it booted. */
  guardState?(): Promise<GuardState | undefined>;
  /** Loads a conduit's rules so that no packet meets them yet. */
  load(rules: ConduitRules): Promise<void>;
  /** Starts the trial: packets meet the rules, and stop meeting them when the lease ends. */
  arm(order: TrialOrder): Promise<void>;
  renew(order: TrialOrder): Promise<LeaseAnswer>;
  /** Makes the armed trial permanent in the running firewall, in one step that no packet slips through. */
  confirm(order: TrialOrder): Promise<LeaseAnswer>;
  /**
   * Ends the trial of the lock's holder at once and removes what it brought; the previous stage is what remains. Resolves
   * with our part as the host listed it right behind that: with who has the lock no more, nothing was done.
   */
  disarm(holder: string): Promise<OwnState>;
  /** @param totals also count apart from the record, which costs as much again: `unpermitted` may be absent without. */
  counters(conduit: string, totals?: "with totals"): Promise<CountersReading>;
  readings(): Promise<HostReadings>;
  /** Tries to open a TCP connection from the firewall itself, and closes it without sending anything. */
  probe(address: string, port: number, seconds: number): Promise<ProbeAnswer>;
  /** Every session that is open now. Only reads. */
  sessions(): Promise<SessionListing>;
  /** Ends exactly these sessions, for good; resolves with how many of them were still there. */
  endSessions(sessions: readonly LiveSession[]): Promise<number>;
  /** What to type at the firewall's own console to end this one, of a protocol with ports. */
  endSessionCommand(session: LiveSession): string;
  /** Puts back a known-good configuration, or nothing of ours at all, in one step. */
  restore(text: string | undefined): Promise<void>;
  /** Writes the boot file (temporary file, fsync, rename) and resolves with the hash read back; undefined removes it. */
  writeBoot(text: string | undefined): Promise<string>;
  /**
   * Loads the host's boot configuration where it cannot touch a packet and gives our part of the result.
   * With `candidate`, as if our boot file already held that text.
   */
  rehearseBoot(candidate?: string): Promise<OwnState>;
  /** What our part would be with this text loaded: the host lists it where it cannot touch a packet. */
  preview(text: string): Promise<OwnState>;
  /** What to type at the firewall's own console to go back to the known-good in this file of ours. */
  undoByHand(file: string): readonly string[];
  /** How long what is typed there lasts. */
  readonly undoLasts: "for good" | "until a reboot";
  /** The text that is as good as nothing of ours, for the known-good of a firewall that had nothing. */
  readonly absence: string;
  /** Small files of ours on the host (known-goods, used plans), kept in a folder of ours. */
  readFile(name: string): Promise<string | undefined>;
  writeFile(name: string, content: string): Promise<void>;
  removeFile(name: string): Promise<void>;
  /** Where such a file lies on the host, for whoever stands before it. */
  pathOf(name: string): string;
  /** Leaves a line in the host's own log (syslog, under the name sluice), which its operators may collect elsewhere. */
  note(line: string): Promise<void>;
}

/** The firewall refused a step or answered something that is not understood. */
export class DriverError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "DriverError";
  }
}
