import type { Conversation } from "../conversation.ts";
import { ignored } from "./drop.ts";
import { isObject, type JsonObject, scalarOf } from "./json.ts";
import { jsonLinesReader } from "./json-lines.ts";
import { type RecordSink, use } from "./record.ts";
import { isZeekLoss, noteZeekLoss } from "./recorder-losses.ts";
import type { ByteReader, Tally } from "./source.ts";
import {
  observerFields,
  readZeekRecord,
  type ZeekField,
  type ZeekRecord,
  zeekNumbers,
  zeekTexts,
} from "./zeek-record.ts";

const otherLog = ignored("of another log");

/** Reads Zeek's conn.log as JSON, one object a line (`LogAscii::use_json`). */
export function zeekJsonReader(sink: RecordSink, tally: Tally): ByteReader {
  // One object for all lines, as in the reader of TSV.
  const record: Partial<Record<ZeekField, string | number | undefined>> & { observer?: string | undefined } =
    {};
  const seen = (talk: Conversation): void => sink(talk, record.observer);
  return jsonLinesReader("Zeek conn.log (JSON)", tally, (object) => {
    if (isZeekLoss(object)) {
      noteZeekLoss([object.gaps, object.acks], tally);
      return otherLog;
    }
    if (!isConnection(object)) return otherLog;
    for (const [field, place] of places) record[field] = textAt(object, place);
    for (const [field, place] of numberPlaces) record[field] = scalarOf(valueAt(object, place));
    record.observer = undefined;
    for (let at = 0; at < observerPlaces.length && record.observer === undefined; at += 1)
      record.observer = textAt(object, observerPlaces[at]!);
    return use(readZeekRecord(record as ZeekRecord), seen, tally);
  });
}

/** A key, and what it is where an exporter took its dot for a path. */
interface Place {
  readonly key: string;
  readonly outer: string;
  readonly inner: string | undefined;
}
const placeOf = (key: string): Place => {
  const [outer = "", inner] = key.split(".");
  return { key, outer, inner };
};
/** `id.orig_h` is a key with a dot in Zeek's own logs. */
const places = zeekTexts.map((field) => [field, placeOf(field)] as const);
const numberPlaces = zeekNumbers.map((field) => [field, placeOf(field)] as const);
const observerPlaces = observerFields.map(placeOf);

const valueAt = (object: JsonObject, { key, outer, inner }: Place): unknown =>
  object[key] ?? (inner === undefined ? undefined : within(object[outer], inner));

function textAt(object: JsonObject, place: Place): string | undefined {
  const value = scalarOf(valueAt(object, place));
  return value === undefined ? undefined : String(value);
}

const within = (outer: unknown, inner: string): unknown => (isObject(outer) ? outer[inner] : undefined);

/**
 * Exporters that merge logs into one stream say which log a line is from. Where nobody says it, logs that have ends and a
 * protocol too are told by what they alone have: an export of conn.log may be cut down to very little.
 */
const isConnection = (object: JsonObject): boolean =>
  object._path === undefined ? !ofOthers.some((field) => field in object) : object._path === "conn";

/** Of dns.log, syslog.log, notice.log, analyzer.log and dpd.log, and of the logs of industrial protocols. */
const ofOthers = [
  ...["trans_id", "query", "rcode", "facility", "severity", "note"],
  ...["analyzer", "analyzer_kind", "is_orig"],
];
