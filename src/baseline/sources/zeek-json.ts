import type { Conversation } from "../conversation.ts";
import { ignored } from "./drop.ts";
import { isObject, type JsonObject } from "./json.ts";
import { jsonLinesReader } from "./json-lines.ts";
import { use } from "./record.ts";
import { isZeekLoss, noteZeekLoss } from "./recorder-losses.ts";
import type { ByteReader, Tally } from "./source.ts";
import { readZeekRecord, type ZeekField, zeekFields } from "./zeek-record.ts";

const otherLog = ignored("of another log");

/** Reads Zeek's conn.log as JSON, one object a line (`LogAscii::use_json`). */
export const zeekJsonReader = (sink: (talk: Conversation) => void, tally: Tally): ByteReader =>
  jsonLinesReader("Zeek conn.log (JSON)", tally, (object) => {
    if (isZeekLoss(object)) {
      noteZeekLoss([object.gaps, object.acks], tally);
      return otherLog;
    }
    if (!isConnection(object)) return otherLog;
    const record: Partial<Record<ZeekField, string>> = {};
    for (const field of zeekFields) {
      const value = fieldOf(object, field);
      if (typeof value === "string" || typeof value === "number") record[field] = String(value);
    }
    return use(readZeekRecord(record), sink, tally);
  });

/**
 * Exporters that merge logs into one stream say which log a line is from. Where nobody says it, logs that have ends and a
 * protocol too are told by what they alone have: an export of conn.log may be cut down to very little.
 */
const isConnection = ({ _path: path, ...object }: JsonObject): boolean =>
  path === undefined ? !ofOthers.some((field) => field in object) : path === "conn";

/** Of dns.log, syslog.log, notice.log, analyzer.log and dpd.log, and of the logs of industrial protocols. */
const ofOthers = [
  ...["trans_id", "query", "rcode", "facility", "severity", "note"],
  ...["analyzer", "analyzer_kind", "is_orig"],
];

/** `id.orig_h` is a key with a dot in Zeek's own logs, and nested where an exporter took the dot for a path. */
function fieldOf(object: JsonObject, field: ZeekField): unknown {
  const [outer = "", inner] = field.split(".");
  const nested = object[outer];
  return object[field] ?? (inner !== undefined && isObject(nested) ? nested[inner] : undefined);
}
