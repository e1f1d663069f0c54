import type { Diagnostic, Severity } from "../../diagnostics/diagnostic.ts";
import { printable } from "../../diagnostics/printable.ts";
import { renderDiagnostic } from "../../diagnostics/render.ts";
import type { Silenced } from "../../policy/checks/run.ts";
import type { SiteText } from "../../policy/read.ts";
import { sourceOf } from "../site-file.ts";

/** So many findings of one kind are shown to a human: the others are the same question again. */
const shownOfOneKind = 10;

/** The findings with their places, then what was accepted in writing, then the count. */
export function renderCheck(
  diagnostics: readonly Diagnostic[],
  silenced: readonly Silenced[],
  texts: readonly SiteText[],
): string {
  const source = sourceOf(texts);
  const counts = new Map<string, number>();
  const findings = diagnostics.map((diagnostic) => {
    const count = (counts.get(diagnostic.code) ?? 0) + 1;
    counts.set(diagnostic.code, count);
    return count > shownOfOneKind ? "" : `${renderDiagnostic(diagnostic, source)}\n\n`;
  });
  const more = [...counts]
    .filter(([, count]) => count > shownOfOneKind)
    .map(([code, count]) => `… and ${count - shownOfOneKind} more of ${code}; --json lists all\n\n`);
  const accepted = silenced.map(
    ({ diagnostic: { code, subject, message }, reason }) =>
      `silenced[${code}] ${printable(`${subject}: ${message}`)}\n  = reason: ${printable(reason)}\n`,
  );
  return [
    ...findings,
    ...more,
    ...accepted,
    accepted.length > 0 ? "\n" : "",
    `${summary(diagnostics, silenced)}\n`,
  ].join("");
}

function summary(diagnostics: readonly Diagnostic[], silenced: readonly Silenced[]): string {
  const count = (severity: Severity): string => {
    const found = diagnostics.filter((diagnostic) => diagnostic.severity === severity).length;
    return `${found} ${severity}${found === 1 ? "" : "s"}`;
  };
  return `${count("error")}, ${count("warning")}, ${count("note")}, ${silenced.length} silenced`;
}
