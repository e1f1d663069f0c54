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
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    for (const line of lines) emit(line);
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
