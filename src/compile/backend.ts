import type { Outcome } from "../diagnostics/diagnostic.ts";
import type { FirewallRules } from "./ir.ts";
import type { Program } from "./program.ts";

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
 * The compiler's half of a target. `emit` is pure, total and deterministic. `parse` reads that text, or the firewall's
 * own listing of it, and shares nothing with `emit` but the packet type; a text that is not exactly of our form is an
 * error, never a guess.
 */
export interface Backend {
  readonly name: string;
  /** File name extension of an emitted ruleset, with the dot. */
  readonly extension: string;
  readonly capabilities: Capabilities;
  emit(rules: FirewallRules): string;
  parse(text: string, file: string): Outcome<Program>;
}
