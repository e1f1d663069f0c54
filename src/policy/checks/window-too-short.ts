import { formatDuration } from "../duration.ts";
import type { Window } from "../model.ts";
import type { Check } from "./check.ts";
import { observedFlows } from "./observed.ts";
import { permitsOf } from "./subjects.ts";

export const windowTooShort: Check = {
  id: "window-too-short",
  severity: "warning",
  about:
    "A window, less the reserve, is shorter than a trial's soak or than the longest normal silence of a critical permit: a trial in it cannot prove that the permit still works.",
  fix: "widen the window, or shorten the soak where the cadence allows it",
  clause: "IEC 62443-3-3 SR 6.2",
  *run(facts) {
    const { site } = facts;
    const silences = permitsOf(site)
      .filter(({ permit }) => permit.critical)
      .flatMap(({ permit, subject }) =>
        (observedFlows(facts, permit) ?? []).map(({ flow }) => ({
          what: `the cadence of ${subject}`,
          seconds: flow.cadence?.silenceDeadline ?? 0,
        })),
      );
    const needs = [{ what: "the soak of a trial", seconds: site.trial.soak }, ...silences];
    const slowest = needs.reduce((most, need) => (need.seconds > most.seconds ? need : most));
    for (const window of site.windows) {
      const usable = clockLength(window) - site.trial.reserve;
      if (usable >= slowest.seconds) continue;
      const message = `window "${window.id}" leaves ${formatDuration(Math.max(0, usable))} for a trial, and ${slowest.what} needs ${formatDuration(Math.ceil(slowest.seconds))}`;
      yield { subject: window.id, span: window.span, message };
    }
  },
};

/** Seconds between the two clock times; what summer time adds or takes is left out. */
function clockLength({ from, to }: Window): number {
  const [opens, closes] = [from, to].map(
    (text) => Number(text.slice(0, 2)) * 3600 + Number(text.slice(3)) * 60,
  );
  const length = closes! - opens!;
  return length > 0 ? length : length + 86_400;
}
