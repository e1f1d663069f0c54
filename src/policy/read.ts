import { type Diagnostic, hasErrors, type Outcome } from "../diagnostics/diagnostic.ts";
import type { Site } from "./model.ts";
import type { TargetDefaults } from "./resolve/firewalls.ts";
import { resolveSite } from "./resolve/site.ts";
import { validate } from "./schema/validate.ts";
import { mergeSources } from "./source/merge.ts";
import { readSource } from "./source/read-source.ts";

/** One file of a site: `name` is what diagnostics call it. */
export interface SiteText {
  readonly name: string;
  readonly text: string;
}

/**
 * Reads a site file: YAML, then the schema, then what its names mean. Every error is reported in one run, at its
 * place, once. `text` may start with a byte order mark. `targets` says which kinds of firewall exist; where it is
 * empty, any is taken and each firewall must say its boot files.
 */
export const readSite = (text: string, file: string, targets: TargetDefaults = {}): Outcome<Site> =>
  readSiteFiles([{ name: file, text }], targets);

/** Reads a site that is split over several files, in this order. */
export function readSiteFiles(files: readonly SiteText[], targets: TargetDefaults = {}): Outcome<Site> {
  const read = files.map(({ name, text }) => readSource(text.replace(/^\ufeff/, ""), name));
  const sources = read.flatMap(({ source }) => source ?? []);
  const found = read.flatMap(({ diagnostics }) => diagnostics);
  // With a file missing from it, the rest would be full of names that seem unknown.
  if (sources.length < files.length) return { diagnostics: inOrder(found) };
  const [only, ...others] = sources;
  const { source, diagnostics: conflicts } =
    only !== undefined && others.length === 0 ? { source: only, diagnostics: [] } : mergeSources(sources);
  if (source === undefined) return { diagnostics: inOrder([...found, ...conflicts]) };
  const { site: valid, diagnostics: refused } = validate(source);
  const diagnostics: Diagnostic[] = [...found, ...conflicts, ...refused];
  const site = valid && resolveSite({ source, diagnostics }, valid, targets);
  return hasErrors(diagnostics) ? { diagnostics: inOrder(diagnostics) } : { value: site, diagnostics };
}

/** File by file, from the top down. */
const inOrder = (diagnostics: readonly Diagnostic[]): readonly Diagnostic[] =>
  diagnostics.toSorted(
    ({ span: a }, { span: b }) =>
      (a?.file ?? "").localeCompare(b?.file ?? "", "en") ||
      (a?.line ?? 0) - (b?.line ?? 0) ||
      (a?.column ?? 0) - (b?.column ?? 0),
  );
