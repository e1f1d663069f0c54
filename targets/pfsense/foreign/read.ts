import type { Reading, Unmodelled } from "../../../src/compile/reading.ts";
import type { Outcome } from "../../../src/diagnostics/diagnostic.ts";
import { pfProgram } from "../pf/program.ts";
import { readRuleset } from "../pf/ruleset.ts";
import { type Doubt, Unreadable } from "../pf/tokens.ts";
import { isConfig, readConfig } from "./config.ts";

/** Whether a text looks like rules of pf, as `pfctl -sr` prints them, or like the configuration of a pfSense. */
export const isRuleset = (text: string): boolean =>
  isConfig(text) || /^(?:pass|block|match|scrub|anchor|table <)/m.test(text);

/** Reads anybody's rules of pf, as text or as pfSense keeps them. What the model has no room for is named, and makes its rule uncertain. */
export function readForeign(text: string, file: string): Outcome<Reading> {
  try {
    const unmodelled: Unmodelled[] = [];
    const doubt: Doubt = (construct, span) => {
      // A rule is looked at once for each direction of a packet and of its answer.
      const isKnown = unmodelled.some((one) => one.construct === construct && one.span === span);
      if (!isKnown) unmodelled.push({ construct, span });
    };
    if (isConfig(text)) return readConfig(text, file, doubt, unmodelled);
    const program = pfProgram(readRuleset(text, file, doubt), "nothing", doubt);
    return { value: { gates: [{ name: "pf", program }], unmodelled }, diagnostics: [] };
  } catch (error) {
    if (error instanceof Unreadable) return { diagnostics: [error.diagnostic] };
    throw error;
  }
}
