import type { Reading } from "../../../src/compile/reading.ts";
import type { Outcome } from "../../../src/diagnostics/diagnostic.ts";
import { Refusal } from "../reader/lexer.ts";
import { readJson } from "./json.ts";
import { readingOf } from "./program.ts";
import { Unreadable } from "./syntax.ts";
import { readText } from "./text.ts";

/** Whether a text looks like a listing of nft, so that its errors are worth telling. */
export const isListing = (text: string): boolean =>
  /^\s*\{\s*"nftables"/.test(text) || /^(?:\s*#[^\n]*\n|\s*flush ruleset;?\s*\n|\s)*table\s/.test(text);

/** Reads anybody's ruleset, as `nft list ruleset` or `nft -j list ruleset` prints it. */
export function readForeign(text: string, file: string): Outcome<Reading> {
  try {
    const listing = text.trimStart().startsWith("{") ? readJson(text, file) : readText(text, file);
    return { value: readingOf(listing), diagnostics: [] };
  } catch (error) {
    if (error instanceof Unreadable || error instanceof Refusal) return { diagnostics: [error.diagnostic] };
    throw error;
  }
}
