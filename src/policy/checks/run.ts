import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import type { Silence } from "../model.ts";
import { didYouMean } from "../suggest.ts";
import type { Check, Facts } from "./check.ts";
import { checks } from "./registry.ts";

/** A finding that somebody accepted, with the reason. */
export interface Silenced {
  readonly diagnostic: Diagnostic;
  readonly reason: string;
}

export interface CheckReport {
  readonly diagnostics: readonly Diagnostic[];
  readonly silenced: readonly Silenced[];
}

/** Runs every check. Findings that the site file silences are set apart with their reason; errors never are. */
export function runChecks(facts: Facts): CheckReport {
  const silences = new Map(
    (facts.site.silences ?? []).map((silence) => [key(silence.check, silence.at), silence]),
  );
  const used = new Set<Silence>();
  const diagnostics: Diagnostic[] = [];
  const silenced: Silenced[] = [];
  for (const check of checks) {
    for (const { subject, ...finding } of check.run(facts)) {
      const { severity, fix, clause } = check;
      const diagnostic = { code: `check/${check.id}`, severity, subject, ...finding, fix, clause };
      const silence = silences.get(key(check.id, subject));
      if (silence !== undefined) used.add(silence);
      if (silence === undefined || severity === "error") diagnostics.push(diagnostic);
      else silenced.push({ diagnostic, reason: silence.reason });
    }
  }
  return { diagnostics: [...diagnostics, ...silenceFaults(facts.site.silences ?? [], used)], silenced };
}

const key = (check: string, subject: string): string => `${check} ${subject}`;

function silenceFaults(silences: readonly Silence[], used: ReadonlySet<Silence>): readonly Diagnostic[] {
  const byId = new Map<string, Check>(checks.map((check) => [check.id, check]));
  return silences.flatMap((silence): readonly Diagnostic[] => {
    const { check: id, at, span } = silence;
    const check = byId.get(id);
    if (check === undefined) {
      const fix = didYouMean(id, [...byId.keys()]) ?? "`sluice explain` lists the checks";
      return [
        { code: "site/unknown-check", severity: "error", message: `there is no check "${id}"`, span, fix },
      ];
    }
    if (check.severity === "error") {
      const message = `findings of "${id}" are errors and cannot be silenced`;
      return [{ code: "site/silenced-error", severity: "error", message, span, fix: check.fix }];
    }
    if (used.has(silence)) return [];
    const message = `"${id}" finds nothing about "${at}"`;
    const fix = "remove this silence, so that it does not hide something later";
    return [{ code: "check/unused-silence", severity: "warning", message, span, fix, subject: at }];
  });
}
