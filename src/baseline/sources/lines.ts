import { SourceError } from "./source.ts";

/** No log line is this long; a file without line ends is not a log. */
const longestLine = 1 << 20;

/** Feeds the lines of UTF-8 text that arrives in pieces. Lines come without their ends; the last needs none. */
export function lineReader(take: (line: string, number: number) => void): {
  push(chunk: Uint8Array): void;
  end(): void;
} {
  const decoder = new TextDecoder();
  let rest = "";
  let number = 0;
  const emit = (line: string): void => {
    number += 1;
    take(line.endsWith("\r") ? line.slice(0, -1) : line, number);
  };
  const feed = (text: string): void => {
    const whole = rest + text;
    let start = 0;
    // One at a time: a list of them all would outlive a collection of garbage, which is dear.
    for (let end = whole.indexOf("\n"); end >= 0; end = whole.indexOf("\n", start)) {
      emit(whole.slice(start, end));
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
    push: (chunk) => feed(decoder.decode(chunk, { stream: true })),
    end() {
      feed(decoder.decode());
      if (rest !== "") emit(rest);
    },
  };
}

/** A line as a rejected record is shown by. */
export const sample = (line: string, number: number): string => `line ${number}: ${line.slice(0, 200)}`;
