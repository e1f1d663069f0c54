import type { Reading } from "../../src/compile/reading.ts";
import type { Outcome } from "../../src/diagnostics/diagnostic.ts";
import { pfProgram } from "./pf/program.ts";
import { readRuleset } from "./pf/ruleset.ts";
import { Unreadable } from "./pf/tokens.ts";

/** Whether a text looks like rules of pf, as `pfctl -sr` prints them. */
export const isRuleset = (text: string): boolean => /^(?:pass|block|match|scrub|anchor|table <)/m.test(text);

/** Reads anybody's rules of pf. What the model has no room for is refused with its place; nothing is uncertain. */
export function readForeign(text: string, file: string): Outcome<Reading> {
  try {
    const program = pfProgram(readRuleset(text, file), "nothing");
    return { value: { gates: [{ name: "pf", program }], unmodelled: [] }, diagnostics: [] };
  } catch (error) {
    if (error instanceof Unreadable) return { diagnostics: [error.diagnostic] };
    throw error;
  }
}
