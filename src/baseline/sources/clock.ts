import { Temporal } from "temporal-polyfill";
import { latestTime } from "../time.ts";
import { SourceError } from "./source.ts";

/** What the engineer says about the times of logs that leave it out. */
export interface ClockSettings {
  /** IANA name of the zone that times without one are in. */
  readonly timezone?: string;
  /** The year of the first time without one. */
  readonly year?: number;
}

/** Reads times. All results are in seconds since 1970. */
export interface TimeReader {
  /**
   * `2026-11-21T18:40:37.200143+01:00` and its kin: a space for the T, a comma for the point, `Z`, `UTC` or no zone.
   * NaN when it is no such time. @throws {SourceError} when it has no zone and none was said.
   */
  iso(text: string | undefined): number;
  /** `Nov 21 18:00:01`, with the year behind it where `year` is given. @throws {SourceError} as `iso`, and without a year. */
  calendar(month: string, day: string, time: string, year?: string): number;
}

/** Reads the times of one log. Of an hour that the end of summer time repeats, it takes the first. */
export interface Clock extends TimeReader {
  /** Of a log whose lines follow each other: an hour that begins again is the second one. */
  readonly inOrder: TimeReader;
}

/** Seconds by which lines of a log may be out of order. */
const disorder = 60;
const isoPattern =
  /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))?\s*(Z|UTC|GMT|[+-]\d\d(?::?\d\d)?)?$/;
const months = "JanFebMarAprMayJunJulAugSepOctNovDec";

export function clock({ timezone, year: firstYear }: ClockSettings): Clock {
  /**
   * Offsets of the zone, in seconds, by quarter of an hour of local time: no zone shifts in between. There are two where
   * the quarter comes twice.
   */
  const offsets = new Map<number, readonly [first: number, second: number]>();
  let latest = Number.NEGATIVE_INFINITY;
  let year = firstYear;
  let lastMonth: number | undefined;

  const zoned = (local: number, shown: string, inOrder: boolean): number => {
    if (timezone === undefined) {
      throw new SourceError(
        `the time "${shown}" has no time zone: say which one the log is in, as in --timezone Europe/Zurich or ` +
          "--timezone UTC",
      );
    }
    const quarter = Math.floor(local / 900);
    let pair = offsets.get(quarter);
    if (pair === undefined) {
      const plain = Temporal.Instant.fromEpochMilliseconds(quarter * 900_000)
        .toZonedDateTimeISO("UTC")
        .toPlainDateTime();
      const offset = (disambiguation: "compatible" | "later"): number =>
        quarter * 900 - plain.toZonedDateTime(timezone, { disambiguation }).epochMilliseconds / 1000;
      pair = [offset("compatible"), offset("later")];
      offsets.set(quarter, pair);
    }
    const first = local - pair[0];
    if (!inOrder) return first;
    const time = latest - first > disorder ? local - pair[1] : first;
    latest = Math.max(latest, time);
    return time;
  };

  /** The year of a month: December and January next to each other are a turn of the year. */
  const yearOf = (month: number, shown: string): number => {
    if (year === undefined) {
      throw new SourceError(
        `the time "${shown}" has no year: say which one the log starts in, as in --year 2026`,
      );
    }
    const step = month - (lastMonth ?? month);
    if (step < -6) year += 1;
    if (step > 6) year -= 1;
    lastMonth = month;
    return year;
  };

  const reader = (inOrder: boolean): TimeReader => ({
    iso(text) {
      const parts = isoPattern.exec(text?.trim() ?? "");
      if (parts === null) return Number.NaN;
      const [shown, years, month, day, hour, minute, second, fraction = "", zone] = parts;
      const whole = utcSeconds(
        Number(years),
        Number(month) - 1,
        Number(day),
        Number(hour),
        Number(minute),
        Number(second),
      );
      const local = whole + Number(`0.${fraction || 0}`);
      if (Number.isNaN(local)) return local;
      return zone === undefined ? zoned(local, shown, inOrder) : local - zoneSeconds(zone);
    },
    calendar(month, day, time, years) {
      const index = months.indexOf(month) / 3;
      if (!Number.isInteger(index) || index < 0) return Number.NaN;
      const [hour = 0, minute = 0, second = 0] = time.split(":").map(Number);
      const shown = `${month} ${day} ${time}`;
      const inYear = years === undefined ? yearOf(index, shown) : Number(years);
      const local = utcSeconds(inYear, index, Number(day), hour, minute, second);
      return Number.isNaN(local) ? local : zoned(local, shown, inOrder);
    },
  });
  return { ...reader(false), inOrder: reader(true) };
}

/** Seconds since 1970 of a time as UTC; NaN where there is no such day or time, which JavaScript would carry over. */
function utcSeconds(
  year: number,
  month: number,
  day: number,
  hour: number,
  minute: number,
  second: number,
): number {
  const number = (year * 100 + month) * 100 + day;
  if (number !== lastDay.number) lastDay = { number, midnight: midnightOf(year, month, day) };
  // A leap second has the number 60.
  return hour < 24 && minute < 60 && second < 61
    ? lastDay.midnight + hour * 3600 + minute * 60 + second
    : Number.NaN;
}

/** The day that was asked for last: lines of a log are mostly of the same one. */
let lastDay = { number: Number.NaN, midnight: Number.NaN };

/** Seconds since 1970; NaN for a day that is not in the calendar. */
function midnightOf(year: number, month: number, day: number): number {
  const midnight = new Date(Date.UTC(year, month, day));
  const isDay = midnight.getUTCMonth() === month && midnight.getUTCDate() === day;
  return isDay ? midnight.getTime() / 1000 : Number.NaN;
}

/** `+01:00`, `+0100` or `+01`. */
function zoneSeconds(zone: string): number {
  if (!/\d/.test(zone)) return 0;
  const sign = zone.startsWith("-") ? -1 : 1;
  const minutes = zone.length > 3 ? Number(zone.slice(-2)) : 0;
  return sign * (Number(zone.slice(1, 3)) * 3600 + minutes * 60);
}

/** A time since 1970 in seconds, milliseconds (13 digits), microseconds (16) or nanoseconds (19). */
export function epochOfDigits(text: string): number {
  const digits = /^\d+/.exec(text)?.[0].length ?? 0;
  return epoch(Number(text) / 1000 ** Math.max(0, Math.floor((digits - 10) / 3)));
}

/** A number of seconds since 1970 as a log gives it; NaN where it is unset, masked or out of all time. */
export const epoch = (value: unknown): number => {
  const time =
    typeof value === "number" || (typeof value === "string" && value !== "") ? Number(value) : Number.NaN;
  return Math.abs(time) <= latestTime ? time : Number.NaN;
};
