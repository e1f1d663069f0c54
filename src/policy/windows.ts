import { Temporal } from "temporal-polyfill";
import type { Weekday, Window } from "./model.ts";

/** One opening of a window: from `opens` until just before `closes`. */
export interface Opening {
  readonly opens: Date;
  readonly closes: Date;
}

const weekdays: readonly Weekday[] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/** How far ahead an opening is looked for: more than a year, so that every rule that can hold does. */
const horizonDays = 400;

/**
 * The opening that contains `instant`, or undefined while the window is closed. A window is open exactly while the
 * site's wall clock reads a time in it: what the clock skips in spring is not made up for, and what it repeats in
 * autumn counts both times.
 */
export const windowAt = (window: Window, timezone: string, instant: Date): Opening | undefined => {
  const opening = nextOpening(window, timezone, instant);
  return opening !== undefined && opening.opens <= instant ? opening : undefined;
};

/** The opening that contains `instant`, or else the first one after it. */
export function nextOpening(window: Window, timezone: string, instant: Date): Opening | undefined {
  const now = Temporal.Instant.fromEpochMilliseconds(instant.getTime());
  const today = now.toZonedDateTimeISO(timezone).toPlainDate();
  // A night window that opened yesterday may still be open.
  for (let day = -1; day <= horizonDays; day++) {
    const opening = openingsOn(window, timezone, today.add({ days: day })).find(
      ({ closes }) => closes > instant,
    );
    if (opening !== undefined) return { ...opening, closes: lastClose(window, timezone, opening) };
  }
  return undefined;
}

/** Days for which one opening may follow right upon another: longer than any change lasts. */
const unbrokenDays = 8;

/** When it really closes: a window that lasts until midnight, and begins then on the next day, stays open. */
function lastClose(window: Window, timezone: string, { opens, closes }: Opening): Date {
  const date = Temporal.Instant.fromEpochMilliseconds(opens.getTime())
    .toZonedDateTimeISO(timezone)
    .toPlainDate();
  let last = closes;
  for (let day = 0; day <= unbrokenDays; day++) {
    for (const next of openingsOn(window, timezone, date.add({ days: day }))) {
      if (next.opens <= last && next.closes > last) last = next.closes;
    }
  }
  return last;
}

/** Seconds until the opening ends. */
export const secondsLeft = (opening: Opening, instant: Date): number =>
  Math.max(0, (opening.closes.getTime() - instant.getTime()) / 1000);

/** The openings that begin on a date: none, one, or two when the clock goes back within a short window. */
function openingsOn(window: Window, timezone: string, date: Temporal.PlainDate): readonly Opening[] {
  const listed =
    window.days.includes(weekdays[date.dayOfWeek - 1]!) || window.dates?.includes(date.toString());
  if (!listed || window.except?.includes(date.toString())) return [];
  const from = clockTime(date, window.from);
  const sameDay = clockTime(date, window.to);
  const to = Temporal.PlainDateTime.compare(sameDay, from) > 0 ? sameDay : sameDay.add({ days: 1 });
  return stretches(timezone, from, to);
}

/** `24:00` is midnight at the end of the date. */
function clockTime(date: Temporal.PlainDate, text: string): Temporal.PlainDateTime {
  return text === "24:00"
    ? date.add({ days: 1 }).toPlainDateTime()
    : date.toPlainDateTime(Temporal.PlainTime.from(text));
}

/** The instants at which the wall clock reads a time in `[from, to)`, as few stretches as possible. */
function stretches(
  timezone: string,
  from: Temporal.PlainDateTime,
  to: Temporal.PlainDateTime,
): readonly Opening[] {
  const end = to.toZonedDateTime(timezone, { disambiguation: "later" });
  let at = from.toZonedDateTime(timezone, { disambiguation: "earlier" });
  const found: { opens: number; closes: number }[] = [];
  while (Temporal.ZonedDateTime.compare(at, end) < 0) {
    const change = at.getTimeZoneTransition("next");
    const next = change !== null && Temporal.ZonedDateTime.compare(change, end) < 0 ? change : end;
    // Until `next` the offset stands still, so that clock times and instants differ by it alone.
    const opens = Math.max(at.epochMilliseconds, instantOf(from, at.offsetNanoseconds));
    const closes = Math.min(next.epochMilliseconds, instantOf(to, at.offsetNanoseconds));
    const last = found.at(-1);
    if (last?.closes === opens) last.closes = closes;
    else if (opens < closes) found.push({ opens, closes });
    at = next;
  }
  return found.map(({ opens, closes }) => ({ opens: new Date(opens), closes: new Date(closes) }));
}

const instantOf = (clock: Temporal.PlainDateTime, offsetNanoseconds: number): number =>
  clock.toZonedDateTime("UTC").epochMilliseconds - offsetNanoseconds / 1e6;

/** The date on the site's clock, `YYYY-MM-DD`. */
export const siteDate = (timezone: string, instant: Date): string =>
  Temporal.Instant.fromEpochMilliseconds(instant.getTime())
    .toZonedDateTimeISO(timezone)
    .toPlainDate()
    .toString();
