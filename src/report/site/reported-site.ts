import type { Baseline } from "../../baseline/flow.ts";
import type { Site } from "../../policy/model.ts";
import type { JournalEntry } from "../../rollout/journal.ts";
import type { FirewallHistory } from "./history.ts";

/** What the report of a site is made from. */
export interface ReportedSite {
  readonly site: Site;
  /** On the site's clock, `YYYY-MM-DD`. */
  readonly today: string;
  readonly journal: readonly JournalEntry[];
  readonly evidence: {
    /** The baselines that permits name and that are at hand. */
    readonly baselines: readonly Baseline[];
    /** Names of those that are not. */
    readonly missing: readonly string[];
  };
  /** Targets that no real firewall has judged. */
  readonly unproven: ReadonlySet<string>;
  readonly histories: ReadonlyMap<string, FirewallHistory>;
}
