import type { Conversation } from "../conversation.ts";
import { type Drop, ignored, rejected } from "./drop.ts";
import { lineReader } from "./lines.ts";
import type { ByteReader, Tally } from "./source.ts";
import { count, readZeekRecord, type ZeekField, zeekFields } from "./zeek-record.ts";

/** Reads Zeek's conn.log as JSON, one object a line (`LogAscii::use_json`). */
export function zeekJsonReader(sink: (talk: Conversation) => void, tally: Tally): ByteReader {
  const lines = lineReader((line) => count(readLine(line), sink, tally));
  return {
    format: "Zeek conn.log (JSON)",
    unit: "lines",
    push: lines.push,
    end() {
      lines.end();
      return [];
    },
  };
}

const emptyLine = ignored("empty line");
const notJson = rejected("not a JSON object");
const otherLog = ignored("of another log");

function readLine(line: string): Conversation | Drop {
  if (line.trim() === "") return emptyLine;
  const object = parseObject(line);
  if (object === undefined) return notJson;
  // Exporters that merge logs into one stream say which log a line is from.
  if (object._path !== undefined && object._path !== "conn") return otherLog;
  const record: Partial<Record<ZeekField, string>> = {};
  for (const field of zeekFields) {
    const value = fieldOf(object, field);
    if (typeof value === "string" || typeof value === "number") record[field] = String(value);
  }
  return readZeekRecord(record);
}

type JsonObject = Readonly<Record<string, unknown>>;

/** `id.orig_h` is a key with a dot in Zeek's own logs, and nested where an exporter took the dot for a path. */
function fieldOf(object: JsonObject, field: ZeekField): unknown {
  const [outer = "", inner] = field.split(".");
  const nested = object[outer];
  return object[field] ?? (inner !== undefined && isObject(nested) ? nested[inner] : undefined);
}

const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function parseObject(line: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isObject(value) ? value : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
