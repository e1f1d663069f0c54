import { readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { readBaseline } from "../baseline/file.ts";
import type { Baseline } from "../baseline/flow.ts";
import type { Site } from "../policy/model.ts";

/** The baselines that the permits of a site name, by their names there; undefined for one that is missing or damaged. */
export function evidenceFiles(site: Site, folder: string): ReadonlyMap<string, Baseline | undefined> {
  const paths = new Set(
    site.conduits.flatMap(({ permits }) => permits.flatMap(({ evidence }) => evidence ?? [])),
  );
  return new Map(
    [...paths].map((path) => {
      const file = resolve(folder, path);
      const isFile = statSync(file, { throwIfNoEntry: false })?.isFile() ?? false;
      return [path, isFile ? readBaseline(readFileSync(file, "utf8"), path).value : undefined];
    }),
  );
}
