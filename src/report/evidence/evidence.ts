import type { Plan } from "../../plan/plan.ts";
import type { JournalEntry } from "../../rollout/journal.ts";
import type { SignedHead } from "../../rollout/journal-head.ts";

/** One change as evidence: the plan, the bytes of its file, and the signatures found beside it that fit it. */
export interface EvidenceChange {
  readonly plan: Plan;
  readonly text: string;
  readonly approvals: readonly {
    readonly person: string;
    readonly signature: string;
    /** A hardware key made it, by a touch. */
    readonly byTouch?: boolean;
  }[];
}

/** What a bundle is made from. */
export interface Evidence {
  readonly site: string;
  /** ISO 8601, UTC. */
  readonly created: string;
  readonly changes: readonly EvidenceChange[];
  /** Ids of plans that the journal names and that are not at hand. */
  readonly missing: readonly string[];
  readonly journal: { readonly text: string; readonly entries: readonly JournalEntry[] };
  readonly heads: readonly SignedHead[];
  /** Who may have signed ends of the journal, as an allowed-signers file. */
  readonly signers: string;
}
