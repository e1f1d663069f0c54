import { type Drop, ignored, rejected } from "./drop.ts";
import { type JsonObject, parseObject } from "./json.ts";
import { lineReader } from "./lines.ts";
import type { ByteReader, Tally } from "./source.ts";

const emptyLine = ignored("empty line");
const notJson = rejected("not a JSON object");

/** RFC 7464 sets it in front of each object (`journalctl -o json-seq`). */
export const recordSeparator = "\x1e";

/**
 * Reads JSON lines (one object a line).
 * @param take uses an object and counts it, or says why not.
 */
export const jsonLinesReader = (
  format: string,
  tally: Tally,
  take: (object: JsonObject) => Drop | undefined,
): ByteReader =>
  lineReader(format, tally, (line) => {
    const object = parseObject(line.startsWith(recordSeparator) ? line.slice(1) : line);
    return object === undefined ? (line.trim() === "" ? emptyLine : notJson) : take(object);
  });
