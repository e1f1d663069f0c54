import type { Diagnostic, Severity, Span } from "./diagnostic.ts";

/** What a rule says about itself, for the readers of a SARIF log. */
export interface SarifRule {
  readonly id: string;
  readonly about: string;
  readonly fix: string;
}

/** A finding that somebody accepted in writing. */
export interface SarifSuppression {
  readonly diagnostic: Diagnostic;
  readonly reason: string;
}

const levels: Readonly<Record<Severity, string>> = { error: "error", warning: "warning", note: "note" };

/** Diagnostics as a SARIF 2.1.0 log (OASIS), for the viewers and the code hosts that read it. */
export function sarifLog(
  diagnostics: readonly Diagnostic[],
  suppressed: readonly SarifSuppression[],
  tool: { readonly version: string; readonly rules: readonly SarifRule[] },
): object {
  return {
    $schema: "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: {
          driver: {
            name: "Sluice",
            version: tool.version,
            rules: tool.rules.map(({ id, about, fix }) => ({
              id,
              fullDescription: { text: about },
              help: { text: fix },
            })),
          },
        },
        columnKind: "utf16CodeUnits",
        results: [
          ...diagnostics.map(result),
          ...suppressed.map(({ diagnostic, reason }) => ({
            ...result(diagnostic),
            suppressions: [{ kind: "external", status: "accepted", justification: reason }],
          })),
        ],
      },
    ],
  };
}

const result = ({ code, severity, message, span, related, fix, clause }: Diagnostic): object => ({
  ruleId: code,
  level: levels[severity],
  message: { text: fix === undefined ? message : `${message}. ${sentence(fix)}` },
  ...(span && { locations: [location(span)] }),
  ...(related && {
    relatedLocations: related.map((other, index) => ({
      id: index + 1,
      ...location(other.span),
      message: { text: other.message },
    })),
  }),
  ...(clause && { properties: { clause } }),
});

const location = ({ file, line, column, length }: Span) => ({
  physicalLocation: {
    artifactLocation: { uri: encodeURI(file).replaceAll("#", "%23").replaceAll("?", "%3F") },
    region: { startLine: line, startColumn: column, endLine: line, endColumn: column + length },
  },
});

const sentence = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
