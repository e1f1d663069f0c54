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
export const canonicalJson = (value: unknown): string =>
  printableJson(JSON.stringify(inOrder(value, createKeyOrder())));

/** The keys of an object in order. */
type KeyOrder = (keys: readonly string[]) => readonly string[];

/** Lists have objects of one kind behind each other, whose keys are sorted once. */
function createKeyOrder(): KeyOrder {
  let known: readonly string[] = [];
  let sorted: readonly string[] = [];
  return (keys) => {
    if (keys.length !== known.length || keys.some((key, at) => key !== known[at])) {
      known = keys;
      sorted = keys.toSorted();
    }
    return sorted;
  };
}

/** Plain data with the keys of each object in order: made at once, since a replacer is called for each value. */
function inOrder(value: unknown, order: KeyOrder): unknown {
  if (value === null || typeof value !== "object") return value;
  if (Array.isArray(value)) return value.map((entry) => inOrder(entry, order));
  const result: Record<string, unknown> = {};
  for (const key of order(Object.keys(value))) {
    const entry = inOrder((value as Record<string, unknown>)[key], order);
    // Assigned, this one would become the object's prototype, and be lost.
    if (key === "__proto__") Object.defineProperty(result, key, { value: entry, enumerable: true });
    else result[key] = entry;
  }
  return result;
}
