import type { Facts, ObservedFlow } from "../policy/checks/check.ts";
import type { Site } from "../policy/model.ts";
import { siteDate } from "../policy/windows.ts";
import { evidenceFiles } from "./evidence-files.ts";

/** What the checks need beside the site file: today's date on the site's clock, and the baselines that it names. */
export function checkFacts(site: Site, folder: string, now: Date): Facts {
  const evidence = new Map<string, readonly ObservedFlow[]>();
  for (const [path, baseline] of evidenceFiles(site, folder)) {
    // A baseline that is missing or damaged is a finding, with the permit that names it.
    if (baseline !== undefined) evidence.set(path, baseline.flows);
  }
  return { site, today: siteDate(site.timezone, now), evidence };
}
