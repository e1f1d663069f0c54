import { createHash } from "node:crypto";
import { printableJson } from "./diagnostics/printable.ts";

/** SHA-256 of UTF-8 text or of bytes, in lower-case hex. */
export const sha256 = (content: string | Uint8Array): string =>
  createHash("sha256").update(content).digest("hex");

/**
 * JSON with sorted keys and no white space, so that equal values have equal bytes (after RFC 8785; all numbers here
 * are integers or short decimals, for which JSON.stringify already gives the canonical form). Unlike there, invisible
 * and bidirectional characters are escapes: a journal is read in terminals.
 */
export function canonicalJson(value: unknown): string {
  const json = JSON.stringify(value, (_key, entry: unknown) =>
    entry !== null && typeof entry === "object" && !Array.isArray(entry)
      ? Object.fromEntries(Object.entries(entry).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
      : entry,
  );
  return printableJson(json);
}
