import type { Program } from "../../src/compile/program.ts";
import type { Outcome } from "../../src/diagnostics/diagnostic.ts";
import { createCursor, Refusal } from "./reader/lexer.ts";
import { resolve } from "./reader/resolve.ts";
import { readTable } from "./reader/table.ts";

/**
 * Reads a ruleset of ours, as the file says it or as `nft list table inet sluice` prints it, into a program. It knows
 * nothing of how such a text is written: nft's grammar, cut down to the few forms whose meaning is certain. The first
 * thing that is not of these forms is the answer.
 */
export function parse(text: string, file: string): Outcome<Program> {
  try {
    const cursor = createCursor(text, file);
    return { value: resolve(readTable(cursor), cursor), diagnostics: [] };
  } catch (error) {
    if (error instanceof Refusal) return { diagnostics: [error.diagnostic] };
    throw error;
  }
}
