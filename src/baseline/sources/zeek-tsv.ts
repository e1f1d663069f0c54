import type { Conversation } from "../conversation.ts";
import type { LinkSightings } from "../links/sightings.ts";
import { type Drop, ignored, rejected } from "./drop.ts";
import { endsInReturn, lineReader } from "./lines.ts";
import { type RecordSink, use } from "./record.ts";
import { noteZeekLoss, zeekLossLog } from "./recorder-losses.ts";
import { type ByteReader, SourceError, type Tally } from "./source.ts";
import { type ZeekFold, zeekFold } from "./zeek-fold.ts";
import { isFoldable, noZeekHeader, readZeekHeader, type ZeekHeader } from "./zeek-header.ts";
import { readZeekRecord, type ZeekField } from "./zeek-record.ts";

/** Why a line is no record. */
export const [emptyLine, comment] = [ignored("empty line"), ignored("header or comment")];
const wrongWidth = rejected("number of columns differs from #fields");

/** Takes what lines say added up. */
export interface Folded {
  readonly sink: (talk: Conversation) => void;
  readonly links: LinkSightings;
  /** Told where the text of a line is not what it says under the first header. */
  readonly odd?: (() => void) | undefined;
}

/**
 * Reads Zeek's conn.log as tab-separated values, by the header lines that it carries.
 * @param folded takes the lines added up instead of one by one.
 */
export function zeekTsvReader(sink: RecordSink, tally: Tally, folded?: Folded): ByteReader {
  let header = noZeekHeader;
  // One object for all lines of a header: a new one for each is most of what a line costs.
  let record: Fields = {};
  let fold: ZeekFold | undefined;
  /** The header of the lines that are added up, as text. */
  let foldedHeader: string | undefined;
  let isHeaderOpen = true;
  /** A line stands under it. One that holds for none is not what its neighbours stand under. */
  let isHeaderUsed = true;

  const readData = (line: string, number: number): Conversation | Drop => {
    if (header.width === 0) {
      throw new SourceError(
        `line ${number} is data, but no #fields line stands above it: which column is what is not known; ` +
          "give the log with its header",
      );
    }
    return fill(record, line, header) === header.width ? readZeekRecord(record) : wrongWidth;
  };
  const learn = (talk: Conversation): void => {
    if (record["id.orig_h"] !== talk.a.address || record["id.resp_h"] !== talk.b.address) folded?.odd?.();
    if (fold === undefined) sink(talk, record.observer);
    else fold.learn(talk);
  };
  /** Goes on adding up under a header that is the same, as those of logs that were put together are. */
  const closeHeader = (to: Folded): void => {
    isHeaderOpen = false;
    isHeaderUsed = true;
    const text = JSON.stringify(header);
    if (text === foldedHeader) return;
    if (foldedHeader !== undefined) to.odd?.();
    foldedHeader = text;
    fold?.end();
    fold = isFoldable(header) ? zeekFold(header, to.links, to.sink) : undefined;
  };

  const lines = lineReader(
    "Zeek conn.log (TSV)",
    tally,
    (line, number) => {
      // A concatenated or copied log may have white space before its first header line.
      const text = line.trimStart();
      if (text === "") return emptyLine;
      if (text.startsWith("#")) {
        const next = readZeekHeader(header, text, number);
        if (next !== header && header.width > 0 && !isHeaderUsed) folded?.odd?.();
        isHeaderUsed &&= next === header;
        header = next;
        record = {};
        isHeaderOpen = true;
        return comment;
      }
      if (header.path === "conn") {
        if (folded !== undefined && isHeaderOpen) closeHeader(folded);
        return use(readData(line, number), learn, tally);
      }
      if (header.path === zeekLossLog)
        noteZeekLoss(
          header.losses.map((column) => line.split(header.separator)[column]),
          tally,
        );
      return ignored(`of another log (${header.path})`);
    },
    (bytes, start, end) => {
      if (folded === undefined) return false;
      if (endsInReturn(bytes, start, end)) folded.odd?.();
      if (isHeaderOpen || !fold?.take(bytes, start, end)) return false;
      tally.use();
      return true;
    },
  );
  return {
    ...lines,
    end() {
      const findings = lines.end();
      fold?.end();
      return findings;
    },
  };
}

type Fields = Partial<Record<ZeekField, string | undefined>>;

/** Writes down the fields of a line. Returns how many columns it has. */
function fill(record: Fields, line: string, { separator, unset, empty, columns }: ZeekHeader): number {
  let width = 0;
  let next = 0;
  for (let start = 0; start >= 0; width += 1) {
    const found = line.indexOf(separator, start);
    if (columns[next]?.[1] === width) {
      const value = line.slice(start, found < 0 ? line.length : found);
      record[columns[next]![0]] = value === unset || value === empty ? undefined : value;
      next += 1;
    }
    start = found < 0 ? -1 : found + separator.length;
  }
  return width;
}
