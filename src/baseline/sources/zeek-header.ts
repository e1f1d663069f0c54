import { zeekLossFields, zeekLossLog } from "./recorder-losses.ts";
import { SourceError } from "./source.ts";
import { neededFields, observerFields, type ZeekField, zeekFields } from "./zeek-record.ts";

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

export const noZeekHeader: ZeekHeader = {
  separator: "\t",
  unset: "-",
  empty: "(empty)",
  path: "conn",
  width: 0,
  columns: [],
  losses: [],
};

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
  const observer = observerFields.find((field) => names.includes(field));
  return zeekFields
    .map((field) => [field, names.indexOf(field === "observer" ? (observer ?? "") : field)] as const)
    .filter(([, column]) => column >= 0)
    .sort(([, x], [, y]) => x - y);
}

/** Zeek writes the separator as `\x09`. */
const unescaped = (text: string): string =>
  text.replace(/\\x([0-9a-fA-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));

/** What the comment lines at the start of a log say; undefined when it is none of connections whose columns a byte parts. */
export function leadingHeader(lines: readonly string[]): ZeekHeader | undefined {
  const end = lines.findIndex((line) => !line.startsWith("#"));
  try {
    const header = lines
      .slice(0, end < 0 ? lines.length : end)
      .reduce((known, line, index) => readZeekHeader(known, line, index + 1), noZeekHeader);
    return isFoldable(header) ? header : undefined;
  } catch (error) {
    // The reader itself tells the engineer what is wrong with it.
    if (error instanceof SourceError) return undefined;
    throw error;
  }
}

/**
 * Whether a byte tells where the columns of connections end, which stands in none of their numbers, and no column that several
 * observers may have seen the same ones.
 */
export const isFoldable = ({ path, width, separator, columns }: ZeekHeader): boolean =>
  path === "conn" &&
  width > 0 &&
  /^[\t ,;|]$/.test(separator) &&
  columns.every(([field]) => field !== "observer");
