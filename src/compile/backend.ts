import type { Outcome } from "../diagnostics/diagnostic.ts";
import type { FirewallRules } from "./ir.ts";
import type { Program } from "./program.ts";

/** What may become of sessions that are open when enforcement begins and that no permit admits. */
export const sessionModes = ["rematch", "drain", "cut"] as const;
export type SessionMode = (typeof sessionModes)[number];

/**
 * What a back end can express, as data: the passes that make its rules (`legalise/`) read it, and the table in
 * targets/README.md is made from it. A rule always has addresses of one family.
 */
export interface Capabilities {
  /** Longest name of an object on the firewall, in characters. What does not fit is cut, and a hash tells it apart. */
  readonly nameLength: number;
  /** How a packet finds its permit: the rule is an element of a set, stands in a tree of chains, or is asked in turn. */
  readonly lookup:
    | { readonly kind: "sets" }
    /** @property chains how many chains of ours a packet may pass one behind the other. */
    | { readonly kind: "tree"; readonly chains: number }
    | { readonly kind: "list" };
  /** Ports that one rule may list; a range takes two. With 1 a rule has one port or one range. */
  readonly portSlots: number;
  /** Whether one rule may list several sources and several destinations. */
  readonly addressLists: boolean;
  /** Ranges of addresses are matched from end to end, or must be prefixes. */
  readonly addressRanges: "whole" | "prefixes";
  /** Elements of one set must not overlap, or a packet would be counted for more than one permit. */
  readonly disjointElements: boolean;
  /** Protocols whose ports can be matched. */
  readonly portProtocols: readonly number[];
  /** The lowest port that can be matched, and how many numbers the widest range holds. */
  readonly portNumbers: { readonly lowest: 0 | 1; readonly widest: number };
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
