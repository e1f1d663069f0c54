import type { z } from "zod";
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import { type Path, type Source, valueAt } from "../source/source.ts";
import { issueDiagnostics } from "./issues.ts";
import { type SiteFile, siteSchema } from "./site.ts";

/** What the schema let pass, and what it did not. */
export interface Validated {
  /** Without the entries that the schema refused; absent when too little is left to go on with. */
  readonly site?: SiteFile;
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Holds a file against the schema. Entries with errors (one permit, one asset, one zone…) are taken out, so that
 * resolution can report what is wrong with the others in the same run.
 */
export function validate(source: Source): Validated {
  const result = siteSchema.safeParse(source.value);
  if (result.success) return { site: result.data, diagnostics: [] };
  const diagnostics = issueDiagnostics(result.error.issues, source);
  const rest = siteSchema.safeParse(without(source.value, result.error.issues.flatMap(brokenPaths)));
  return rest.success ? { site: rest.data, diagnostics } : { diagnostics };
}

/** The named entry that an issue lies in, the innermost one; for unknown keys, the keys themselves. */
function brokenPaths(issue: z.core.$ZodIssue): readonly Path[] {
  const path = issue.path as Path;
  if (issue.code === "unrecognized_keys") return issue.keys.map((key) => [...path, key]);
  const nested = path[2] === "permits" || path[2] === "denied" || path[2] === "assets";
  return [path.slice(0, nested && path.length > 3 ? 4 : 2)];
}

/** A copy without what stands at these paths, and without the sections that this leaves empty. */
function without(value: unknown, paths: readonly Path[]): unknown {
  const copy = structuredClone(value);
  for (const path of paths) {
    const holders = path.map(
      (_, depth) => valueAt(copy, path.slice(0, depth)) as Record<string, unknown> | undefined,
    );
    for (const [depth, holder] of [...holders.entries()].reverse()) {
      if (typeof holder === "object" && holder !== null) delete holder[path[depth] as string];
      if (Object.keys(holder ?? {}).length > 0) break;
    }
  }
  return copy;
}
