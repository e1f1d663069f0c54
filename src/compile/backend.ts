import type { Outcome } from "../diagnostics/diagnostic.ts";
import type { FirewallRules } from "./ir.ts";
import type { Program } from "./program.ts";

/** What may become of sessions that are open when enforcement begins and that no permit admits. */
export const sessionModes = ["rematch", "drain", "cut"] as const;
export type SessionMode = (typeof sessionModes)[number];

/** What a back end can express, as data: the compiler reads it, and the table in targets/README.md is made from it. */
export interface Capabilities {
  /** Longest name of an object on the firewall, in characters. */
  readonly nameLength: number;
  /** Elements of one set must not overlap, or a packet would be counted for more than one permit. */
  readonly disjointElements: boolean;
  /** Protocols whose ports can be matched. */
  readonly portProtocols: readonly number[];
  /** What it can do with sessions that are open already; the first is what it does unless it is told. */
  readonly sessions: readonly ["rematch" | "cut", ...SessionMode[]];
  /** Which firewalls of a high-availability pair are changed: each, or the primary, which hands its rules on. */
  readonly pairs: "each" | "primary";
  /** Where the lease of a trial is held. */
  readonly lease: "kernel" | "helper";
  /**
   * Who judged our reading of its language: a real one, with packets, or nobody yet. A proof for a firewall that nobody
   * judged rests on documentation alone, and says so wherever it is shown.
   */
  readonly judge: "real" | "nobody";
}

/**
 * The compiler's half of a target. `emit` is pure, total and deterministic. `parse` reads that text, or the firewall's
 * own listing of it, and shares nothing with `emit` but the packet type; a text that is not exactly of our form is an
 * error, never a guess.
 */
export interface Backend {
  readonly name: string;
  /** File name extension of an emitted ruleset, with the dot. */
  readonly extension: string;
  readonly capabilities: Capabilities;
  /** What the names of a conduit's objects are made from. Two conduits of one firewall must differ in it. */
  conduitName(conduit: string): string;
  emit(rules: FirewallRules): string;
  parse(text: string, file: string): Outcome<Program>;
}
