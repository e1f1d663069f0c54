import { type Drop, ignored, rejected } from "./drop.ts";
import { type JsonObject, parseObject } from "./json.ts";
import { lineReader, sample } from "./lines.ts";
import { drop } from "./record.ts";
import type { ByteReader, Tally } from "./source.ts";

const emptyLine = ignored("empty line");
const notJson = rejected("not a JSON object");

/**
 * Reads JSON lines (one object a line).
 * @param take uses an object and counts it, or says why not.
 */
export function jsonLinesReader(
  format: string,
  tally: Tally,
  take: (object: JsonObject, line: string, number: number) => Drop | undefined,
): ByteReader {
  const lines = lineReader((line, number) => {
    const object = parseObject(line);
    const reason =
      object === undefined ? (line.trim() === "" ? emptyLine : notJson) : take(object, line, number);
    if (reason !== undefined) drop(reason, tally, sample(line, number));
  });
  return {
    format,
    unit: "lines",
    push: lines.push,
    end() {
      lines.end();
      return [];
    },
  };
}
