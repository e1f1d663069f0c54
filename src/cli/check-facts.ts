import { readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { readBaseline } from "../baseline/file.ts";
import type { Facts, ObservedFlow } from "../policy/checks/check.ts";
import type { Site } from "../policy/model.ts";
import { siteDate } from "../policy/windows.ts";

/** What the checks need beside the site file: today's date on the site's clock, and the baselines that it names. */
export function checkFacts(site: Site, folder: string, now: Date): Facts {
  const paths = new Set(
    site.conduits.flatMap(({ permits }) => permits.flatMap(({ evidence }) => evidence ?? [])),
  );
  const evidence = new Map<string, readonly ObservedFlow[]>();
  for (const path of paths) {
    const file = resolve(folder, path);
    // A baseline that is missing or damaged is a finding, with the permit that names it.
    const isFile = statSync(file, { throwIfNoEntry: false })?.isFile() ?? false;
    const baseline = isFile ? readBaseline(readFileSync(file, "utf8"), path).value : undefined;
    if (baseline !== undefined) evidence.set(path, baseline.flows);
  }
  return { site, today: siteDate(site.timezone, now), evidence };
}
