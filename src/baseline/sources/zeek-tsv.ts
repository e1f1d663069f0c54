import type { Conversation } from "../conversation.ts";
import { type Drop, rejected } from "./drop.ts";
import { lineReader, sample } from "./lines.ts";
import { count } from "./record.ts";
import { type ByteReader, SourceError, type Tally } from "./source.ts";
import { neededFields, readZeekRecord, type ZeekField, zeekFields } from "./zeek-record.ts";

/** What the header lines say about the lines below them; a file may hold several logs, each with its own. */
export interface ZeekHeader {
  readonly separator: string;
  readonly unset: string;
  readonly empty: string;
  readonly path: string;
  readonly width: number;
  /** Column of each field that is used, by name: the order differs, and others put columns in front. */
  readonly columns: readonly (readonly [ZeekField, number])[];
}

const wrongWidth = rejected("number of columns differs from #fields");

export const noZeekHeader: ZeekHeader = {
  separator: "\t",
  unset: "-",
  empty: "(empty)",
  path: "conn",
  width: 0,
  columns: [],
};

/** Reads Zeek's conn.log as tab-separated values, by the header lines that it carries. */
export function zeekTsvReader(sink: (talk: Conversation) => void, tally: Tally): ByteReader {
  let header = noZeekHeader;

  const readData = (line: string, number: number): Conversation | Drop => {
    if (header.width === 0) {
      throw new SourceError(
        `line ${number} is data, but no #fields line stands above it: which column is what is not known; ` +
          "give the log with its header",
      );
    }
    const values = line.split(header.separator);
    if (values.length !== header.width) return wrongWidth;
    const record: Partial<Record<ZeekField, string>> = {};
    for (const [field, column] of header.columns) {
      const value = values[column]!;
      if (value !== header.unset && value !== header.empty) record[field] = value;
    }
    return readZeekRecord(record);
  };

  const lines = lineReader((line, number) => {
    // A concatenated or copied log may have white space before its first header line.
    const text = line.trimStart();
    if (text === "") tally.ignore("empty line");
    else if (header.path !== "conn" && !text.startsWith("#")) tally.ignore(`of another log (${header.path})`);
    else if (!text.startsWith("#")) count(readData(line, number), sink, tally, sample(line, number));
    else {
      header = readZeekHeader(header, text, number);
      tally.ignore("header or comment");
    }
  });

  return {
    format: "Zeek conn.log (TSV)",
    unit: "lines",
    push: lines.push,
    end() {
      lines.end();
      return [];
    },
  };
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
      return { ...header, width: values.length, columns: columnsOf(header.path, values, number) };
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
  return zeekFields.filter((field) => names.includes(field)).map((field) => [field, names.indexOf(field)]);
}

/** Zeek writes the separator as `\x09`. */
const unescaped = (text: string): string =>
  text.replace(/\\x([0-9a-fA-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
