import type { Severity, Span } from "../../diagnostics/diagnostic.ts";
import type { Site } from "../model.ts";

/** What the checks look at. */
export interface Facts {
  readonly site: Site;
  /** The date on the site's clock, `YYYY-MM-DD`. */
  readonly today: string;
  /** Flows of the baselines that permits name as their evidence, by the path as written; absent: not readable. */
  readonly evidence: ReadonlyMap<string, readonly ObservedFlow[]>;
}

/** The part of a baseline's flow that the checks need: canonical addresses, the responder's port. */
export interface ObservedFlow {
  readonly initiator: string;
  readonly responder: string;
  readonly protocol: number;
  readonly port?: number;
  readonly icmpType?: number;
  readonly cadence?: { readonly kind: "periodic" | "irregular"; readonly silenceDeadline: number };
}

/** One thing that a check found. */
export interface Finding {
  /** What it is about: `zone`, `zone.asset`, `conduit`, `conduit.permit`, or the name of another entry. */
  readonly subject: string;
  readonly message: string;
  readonly span: Span;
  readonly related?: readonly { readonly span: Span; readonly message: string }[];
}

/** A question that a colleague would ask about a site file. Only warnings and notes can be silenced. */
export interface Check {
  readonly id: string;
  readonly severity: Severity;
  /** What it looks for, and why that matters. */
  readonly about: string;
  /** How to mend what it finds. */
  readonly fix: string;
  /** The clause of IEC 62443 that it serves. */
  readonly clause: string;
  run(facts: Facts): Iterable<Finding>;
}
