import type { Conversation } from "../conversation.ts";
import { type Drop, ignored, rejected } from "./drop.ts";
import { lineReader } from "./lines.ts";
import { use } from "./record.ts";
import { noteZeekLoss, zeekLossFields, zeekLossLog } from "./recorder-losses.ts";
import { type ByteReader, SourceError, type Tally } from "./source.ts";
import { neededFields, readZeekRecord, type ZeekField, zeekFields } from "./zeek-record.ts";

/** What the header lines say about the lines below them; a file may hold several logs, each with its own. */
export interface ZeekHeader {
  readonly separator: string;
  readonly unset: string;
  readonly empty: string;
  readonly path: string;
  readonly width: number;
  /** Column of each field that is used, by name, from the left: the order differs, and others put columns in front. */
  readonly columns: readonly (readonly [ZeekField, number])[];
  /** Columns of what a recorder says that it lost, in its own log; -1 where one is absent. */
  readonly losses: readonly number[];
}

const emptyLine = ignored("empty line");
const comment = ignored("header or comment");
const wrongWidth = rejected("number of columns differs from #fields");

export const noZeekHeader: ZeekHeader = {
  separator: "\t",
  unset: "-",
  empty: "(empty)",
  path: "conn",
  width: 0,
  columns: [],
  losses: [],
};

/** Reads Zeek's conn.log as tab-separated values, by the header lines that it carries. */
export function zeekTsvReader(sink: (talk: Conversation) => void, tally: Tally): ByteReader {
  let header = noZeekHeader;
  // One object for all lines of a header: a new one for each is most of what a line costs.
  let record: Fields = {};

  const readData = (line: string, number: number): Conversation | Drop => {
    if (header.width === 0) {
      throw new SourceError(
        `line ${number} is data, but no #fields line stands above it: which column is what is not known; ` +
          "give the log with its header",
      );
    }
    return fill(record, line, header) === header.width ? readZeekRecord(record) : wrongWidth;
  };

  return lineReader("Zeek conn.log (TSV)", tally, (line, number) => {
    // A concatenated or copied log may have white space before its first header line.
    const text = line.trimStart();
    if (text === "") return emptyLine;
    if (text.startsWith("#")) {
      header = readZeekHeader(header, text, number);
      record = {};
      return comment;
    }
    if (header.path === "conn") return use(readData(line, number), sink, tally);
    if (header.path === zeekLossLog)
      noteZeekLoss(
        header.losses.map((column) => line.split(header.separator)[column]),
        tally,
      );
    return ignored(`of another log (${header.path})`);
  });
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

/** What a header line says, behind what is known. @throws {SourceError} when needed fields are missing. */
export function readZeekHeader(header: ZeekHeader, line: string, number: number): ZeekHeader {
  const separator = /^#separator (.+)$/.exec(line)?.[1];
  // `#separator` opens a log: what stood before no longer holds. It alone is parted from its value by a space.
  if (separator !== undefined) return { ...noZeekHeader, separator: unescaped(separator) };
  const [name = "", ...values] = line.split(header.separator);
  const [value = ""] = values;
  switch (name) {
    case "#unset_field":
      return { ...header, unset: value };
    case "#empty_field":
      return { ...header, empty: value };
    case "#path":
      return { ...header, path: value };
    case "#fields":
      return {
        ...{ ...header, width: values.length, columns: columnsOf(header.path, values, number) },
        losses: header.path === zeekLossLog ? zeekLossFields.map((field) => values.indexOf(field)) : [],
      };
    default:
      return header;
  }
}

function columnsOf(path: string, names: readonly string[], number: number): ZeekHeader["columns"] {
  const missing = neededFields.filter((field) => !names.includes(field));
  if (missing.length > 0 && path === "conn") {
    throw new SourceError(
      `line ${number}: #fields has no ${missing.join(", ")}: a conn.log with at least ${neededFields.join(", ")} is expected`,
    );
  }
  return zeekFields
    .filter((field) => names.includes(field))
    .map((field) => [field, names.indexOf(field)] as const)
    .sort(([, x], [, y]) => x - y);
}

/** Zeek writes the separator as `\x09`. */
const unescaped = (text: string): string =>
  text.replace(/\\x([0-9a-fA-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
