import type { Diagnostic, Span } from "./diagnostic.ts";
import { printable } from "./printable.ts";

/** Gives the text of a file that a span names, or undefined when it is not at hand. */
export type SourceLookup = (file: string) => string | undefined;

/** A diagnostic as an engineer reads it: headline, place, code frame, other places, how to mend it. */
export function renderDiagnostic(diagnostic: Diagnostic, source: SourceLookup): string {
  const lines = [`${diagnostic.severity}[${diagnostic.code}]: ${printable(diagnostic.message)}`];
  if (diagnostic.span) lines.push(...frame(diagnostic.span, source, "^"));
  for (const other of diagnostic.related ?? []) {
    lines.push(`  ${printable(other.message)}:`, ...frame(other.span, source, "-"));
  }
  if (diagnostic.subject) lines.push(`  = about: ${printable(diagnostic.subject)}`);
  if (diagnostic.fix) lines.push(`  = fix: ${printable(diagnostic.fix)}`);
  if (diagnostic.clause) lines.push(`  = serves: ${diagnostic.clause}`);
  return lines.join("\n");
}

function frame(span: Span, source: SourceLookup, mark: string): readonly string[] {
  const place = `  --> ${printable(span.file)}:${span.line}:${span.column}`;
  const text = lineOf(source(span.file), span.line);
  if (text === undefined) return [place];
  const gutter = String(span.line);
  const pad = " ".repeat(gutter.length);
  // A very long line (a minified file, a pasted key) is shown around the place, not whole.
  const start = Math.max(0, span.column - 60);
  const shown = printable(text.slice(start, start + 120));
  const width = Math.max(1, Math.min(span.length, 120 - (span.column - 1 - start)));
  return [
    place,
    ` ${pad} |`,
    ` ${gutter} | ${shown}`,
    ` ${pad} | ${" ".repeat(span.column - 1 - start)}${mark.repeat(width)}`,
  ];
}

/** Many diagnostics in a row point into one large file: it is split once. */
let split: { readonly text: string; readonly lines: readonly string[] } = { text: "", lines: [] };

function lineOf(text: string | undefined, line: number): string | undefined {
  if (text === undefined) return undefined;
  if (split.text !== text) split = { text, lines: text.split(/\r?\n/) };
  return split.lines[line - 1];
}
