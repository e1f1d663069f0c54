import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import type { Drop } from "./drop.ts";
import { drop } from "./record.ts";
import { type ByteReader, SourceError, type Tally } from "./source.ts";
import { cutShort } from "./truncated.ts";

/** No log line is this long; a file without line ends is not a log. */
const longestLine = 1 << 20;

/**
 * Reads the lines of UTF-8 text that arrives in pieces. Lines come without their ends; the last needs none, but where it
 * cannot be read without one, its program had not written all of it when the log was copied.
 * @param take uses a line and counts it, or says why not.
 */
export function lineReader(
  format: string,
  tally: Tally,
  take: (line: string, number: number) => Drop | undefined,
): ByteReader {
  const decoder = new TextDecoder();
  let rest = "";
  let number = 0;
  let bytes = 0;
  const read = (line: string): Drop | undefined => {
    number += 1;
    return take(line.endsWith("\r") ? line.slice(0, -1) : line, number);
  };
  const feed = (text: string): void => {
    const whole = rest + text;
    let start = 0;
    // One at a time: a list of them all would outlive a collection of garbage, which is dear.
    for (let end = whole.indexOf("\n"); end >= 0; end = whole.indexOf("\n", start)) {
      const line = whole.slice(start, end);
      const reason = read(line);
      if (reason !== undefined) drop(reason, tally, sample(line, number));
      start = end + 1;
    }
    rest = whole.slice(start);
    if (rest.length > longestLine) {
      throw new SourceError(
        `line ${number + 1} is longer than ${longestLine} characters: this is no log file`,
      );
    }
  };
  return {
    format,
    unit: "lines",
    push(chunk) {
      bytes += chunk.length;
      feed(decoder.decode(chunk, { stream: true }));
    },
    end(): readonly Diagnostic[] {
      feed(decoder.decode());
      const reason = rest === "" ? undefined : read(rest);
      if (reason?.kind === "rejected" && number > 1) {
        const length = Buffer.byteLength(rest);
        return [cutShort(tally, `line ${number}`, bytes - length, length)];
      }
      if (reason !== undefined) drop(reason, tally, sample(rest, number));
      return [];
    },
  };
}

/** A line as a rejected record is shown by. */
const sample = (line: string, number: number): string => `line ${number}: ${line.slice(0, 200)}`;
