import { type Diagnostic, hasErrors, type Outcome } from "../diagnostics/diagnostic.ts";
import type { Site } from "./model.ts";
import type { TargetDefaults } from "./resolve/firewalls.ts";
import { resolveSite } from "./resolve/site.ts";
import { validate } from "./schema/validate.ts";
import { readSource } from "./source/read-source.ts";

/**
 * Reads a site file: YAML, then the schema, then what its names mean. Every error is reported in one run, at its
 * place, once. `text` may start with a byte order mark. `targets` says which kinds of firewall exist; where it is
 * empty, any is taken and each firewall must say its boot files.
 */
export function readSite(text: string, file: string, targets: TargetDefaults = {}): Outcome<Site> {
  const { source, diagnostics: found } = readSource(text.replace(/^\ufeff/, ""), file);
  if (source === undefined) return { diagnostics: found };
  const { site: valid, diagnostics: refused } = validate(source);
  const diagnostics: Diagnostic[] = [...found, ...refused];
  if (valid === undefined) return { diagnostics: inOrder(diagnostics) };
  const site = resolveSite({ source, diagnostics }, valid, targets);
  return hasErrors(diagnostics) ? { diagnostics: inOrder(diagnostics) } : { value: site, diagnostics };
}

/** From the top of the file down. */
const inOrder = (diagnostics: readonly Diagnostic[]): readonly Diagnostic[] =>
  diagnostics.toSorted(
    ({ span: a }, { span: b }) => (a?.line ?? 0) - (b?.line ?? 0) || (a?.column ?? 0) - (b?.column ?? 0),
  );
