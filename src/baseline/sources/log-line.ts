import { epochOfDigits, type TimeReader } from "./clock.ts";

/** Ways in which dmesg, syslog (RFC 3164, RFC 5424), journalctl and logread write a line's time in front of it. */
const heads: readonly (readonly [RegExp, (parts: readonly string[], clock: TimeReader) => number])[] = [
  [/^1 (\S+) /, ([time = ""], clock) => clock.iso(time)],
  [
    /^\[?(\d{4})([-/])(\d\d)\2(\d\d[T ]\d\d:\d\d:\d\d\S*)/,
    ([year, , month, rest = ""], clock) => clock.iso(`${year}-${month}-${rest.replace(/\]$/, "")}`),
  ],
  [
    /^[A-Z][a-z]{2} (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)?) (\S+)/,
    // Abbreviations of zones other than UTC are ambiguous, and count as none.
    ([time = "", zone = ""], clock) => clock.iso(zone === "UTC" ? `${time}Z` : time),
  ],
  [/^(\d{9,10}(?:\.\d+)?|\d{13}|\d{16}|\d{19}) /, ([time = ""]) => epochOfDigits(time)],
  [
    /^\[?[A-Z][a-z]{2} ([A-Z][a-z]{2}) +(\d{1,2}) (\d\d:\d\d:\d\d) (\d{4})\b/,
    ([month = "", day = "", time = "", year], clock) => clock.calendar(month, day, time, year),
  ],
  [
    /^([A-Z][a-z]{2}) +(\d{1,2}) (?:(\d{4}) )?(\d\d:\d\d:\d\d(?:\.\d+)?)/,
    ([month = "", day = "", year, time = ""], clock) => clock.calendar(month, day, time, year),
  ],
  [
    /^(\d{4}) ([A-Z][a-z]{2}) +(\d{1,2}) (\d\d:\d\d:\d\d(?:\.\d+)?)/,
    ([year, month = "", day = "", time = ""], clock) => clock.calendar(month, day, time, year),
  ],
];

/** Syslog's priority, with its length in front where it came over TCP (RFC 6587), or what `dmesg -x` prints. */
const withoutPriority = (line: string): string =>
  line.replace(/^(?:\d+ )?<\d{1,3}>|^[a-z]+ *:[a-z]+ *: /, "").trimStart();

/** Whether a line begins as those of a system's log do. */
export const isLogLine = (line: string): boolean => {
  const text = withoutPriority(line);
  return /^\[ *\d+\.\d+\] /.test(text) || heads.some(([pattern]) => pattern.test(text));
};

/**
 * When a log line was written, in seconds since 1970. NaN where it does not say, as with the time since the start of
 * the host that plain `dmesg` prints. @throws {SourceError} when it leaves out its zone or year and nobody said them.
 */
export function lineTime(line: string, clock: TimeReader): number {
  const text = withoutPriority(line);
  for (const [pattern, read] of heads) {
    const match = pattern.exec(text);
    if (match !== null) return read(match.slice(1), clock);
  }
  return Number.NaN;
}
