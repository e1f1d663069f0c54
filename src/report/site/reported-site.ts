import type { Site } from "../../policy/model.ts";
import type { JournalEntry } from "../../rollout/journal.ts";
import type { FirewallHistory } from "./history.ts";

/** What the report of a site is made from. */
export interface ReportedSite {
  readonly site: Site;
  /** On the site's clock, `YYYY-MM-DD`. */
  readonly today: string;
  readonly journal: readonly JournalEntry[];
  readonly histories: ReadonlyMap<string, FirewallHistory>;
}
