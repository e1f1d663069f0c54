import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import type { Drop } from "./drop.ts";
import { drop } from "./record.ts";
import { type ByteReader, SourceError, type Tally } from "./source.ts";
import { cutShort } from "./truncated.ts";

/** No log line is this long, in bytes; a file without line ends is not a log. */
const longestLine = 1 << 20;
const [lineFeed, carriageReturn] = [10, 13];

/** Where a line stands in bytes that were read; `end` is that of its line feed. */
export type TakeBytes = (bytes: Uint8Array, start: number, end: number) => boolean;

/**
 * Reads the lines of UTF-8 text that arrives in pieces. Lines come without their ends; the last needs none, but where it
 * cannot be read without one, its program had not written all of it when the log was copied.
 * @param take uses a line and counts it, or says why not.
 * @param takeBytes uses a line and counts it before a text is made of it; false where it has to be read.
 */
export function lineReader(
  format: string,
  tally: Tally,
  take: (line: string, number: number) => Drop | undefined,
  takeBytes: TakeBytes = () => false,
): ByteReader {
  let rest: Buffer = Buffer.alloc(0);
  let number = 0;
  let read = 0;
  const takeText = (line: string): Drop | undefined => {
    number += 1;
    const text = number === 1 ? line.replace(/^\uFEFF/, "") : line;
    return take(text.endsWith("\r") ? text.slice(0, -1) : text, number);
  };
  /** Takes all lines that end. Returns where the rest starts. */
  const takeAll = (bytes: Buffer, from: number): number => {
    let start = from;
    for (let end = bytes.indexOf(lineFeed, start); end >= 0; end = bytes.indexOf(lineFeed, start)) {
      if (takeBytes(bytes, start, end)) number += 1;
      else {
        const line = bytes.toString("utf8", start, end);
        const reason = takeText(line);
        if (reason !== undefined) drop(reason, tally, sample(line, number));
      }
      start = end + 1;
    }
    return start;
  };
  const keep = (bytes: Buffer): void => {
    rest = bytes;
    if (rest.length > longestLine)
      throw new SourceError(`line ${number + 1} is longer than ${longestLine} bytes: this is no log file`);
  };
  return {
    format,
    unit: "lines",
    push(chunk) {
      read += chunk.length;
      const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
      const start = rest.length === 0 ? 0 : bytes.indexOf(lineFeed) + 1;
      if (rest.length > 0) {
        const whole = Buffer.concat([rest, start === 0 ? bytes : bytes.subarray(0, start)]);
        keep(whole.subarray(takeAll(whole, 0)));
        if (start === 0) return;
      }
      // A copy: the piece is the caller's.
      keep(Buffer.from(bytes.subarray(takeAll(bytes, start))));
    },
    end(): readonly Diagnostic[] {
      const line = rest.toString();
      const reason = line === "" ? undefined : takeText(line);
      if (reason?.kind === "rejected" && number > 1)
        return [cutShort(tally, `line ${number}`, read - rest.length, rest.length)];
      if (reason !== undefined) drop(reason, tally, sample(line, number));
      return [];
    },
  };
}

/** A line as a rejected record is shown by. */
const sample = (line: string, number: number): string => `line ${number}: ${line.slice(0, 200)}`;

/** Whether a line ends as those of Windows do. */
export const endsInReturn: TakeBytes = (bytes, start, end) =>
  end > start && bytes[end - 1] === carriageReturn;
