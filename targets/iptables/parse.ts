import type { Program } from "../../src/compile/program.ts";
import type { Outcome } from "../../src/diagnostics/diagnostic.ts";
import { readFile } from "./reader/file.ts";
import { Refusal } from "./reader/lines.ts";
import { resolve } from "./reader/resolve.ts";

/**
 * Reads a ruleset of ours, as the file says it or as the host's own listings say it together, into a program. It knows
 * nothing of how such a text is written: the grammar of iptables-save, cut down to the few forms whose meaning is
 * certain. The first thing that is not of these forms is the answer. A trial is read as if its lease held.
 */
export function parse(text: string, file: string): Outcome<Program> {
  try {
    return { value: resolve(readFile(text, file)), diagnostics: [] };
  } catch (error) {
    if (error instanceof Refusal) return { diagnostics: [error.diagnostic] };
    throw error;
  }
}
