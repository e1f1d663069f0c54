import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Window } from "../../src/policy/model.ts";
import { nextOpening, type Opening, secondsLeft, siteDate, windowAt } from "../../src/policy/windows.ts";

const zone = "Europe/Zurich";
const night: Window = {
  id: "night" as Window["id"],
  days: ["sat", "sun"],
  from: "02:00",
  to: "04:00",
  span: { file: "site.yaml", line: 1, column: 1, length: 5 },
};
const next = (window: Window, instant: string): string => show(nextOpening(window, zone, new Date(instant)));
const show = (opening: Opening | undefined): string =>
  opening === undefined ? "never" : `${opening.opens.toISOString()} ${opening.closes.toISOString()}`;

describe("a window", () => {
  test("opens on its days, on the site's clock", () => {
    expect(next(night, "2026-07-03T12:00:00Z")).toBe("2026-07-04T00:00:00.000Z 2026-07-04T02:00:00.000Z");
    expect(next(night, "2026-01-02T12:00:00Z")).toBe("2026-01-03T01:00:00.000Z 2026-01-03T03:00:00.000Z");
  });

  test("that closes before it opens ends on the next day", () => {
    const across = { ...night, days: ["sat"] as const, from: "22:00", to: "06:00" };
    expect(show(windowAt(across, zone, new Date("2026-07-05T03:59:59Z")))).toBe(
      "2026-07-04T20:00:00.000Z 2026-07-05T04:00:00.000Z",
    );
    expect(windowAt(across, zone, new Date("2026-07-05T04:00:00Z"))).toBeUndefined();
  });

  test("that begins anew when it ends does not close in between", () => {
    const every = { ...night, days: ["fri", "sat", "sun"] as const, from: "00:00", to: "24:00" };
    const open = "2026-07-02T22:00:00.000Z 2026-07-05T22:00:00.000Z";
    expect(next(every, "2026-07-02T12:00:00Z")).toBe(open);
    expect(show(windowAt(every, zone, new Date("2026-07-04T21:59:00Z")))).toContain(
      "2026-07-05T22:00:00.000Z",
    );
    expect(windowAt(every, zone, new Date("2026-07-05T22:00:00Z"))).toBeUndefined();
    const except = { ...every, except: ["2026-07-04"] };
    expect(next(except, "2026-07-02T12:00:00Z")).toBe("2026-07-02T22:00:00.000Z 2026-07-03T22:00:00.000Z");
    // From six to six is a day too, and the one in which the clock changes is no gap.
    const shifts = { ...night, days: ["sat", "sun"] as const, from: "06:00", to: "06:00" };
    expect(next(shifts, "2026-10-23T12:00:00Z")).toBe("2026-10-24T04:00:00.000Z 2026-10-26T05:00:00.000Z");
  });

  test("loses the hour that spring skips", () => {
    expect(next(night, "2026-03-28T12:00:00Z")).toBe("2026-03-29T01:00:00.000Z 2026-03-29T02:00:00.000Z");
  });

  test("that lies in the skipped hour does not open that day", () => {
    const skipped = { ...night, from: "02:15", to: "02:45" };
    expect(next(skipped, "2026-03-28T12:00:00Z")).toBe("2026-04-04T00:15:00.000Z 2026-04-04T00:45:00.000Z");
  });

  test("gains the hour that autumn repeats", () => {
    expect(next(night, "2026-10-24T12:00:00Z")).toBe("2026-10-25T00:00:00.000Z 2026-10-25T03:00:00.000Z");
  });

  test("that lies in the repeated hour opens twice", () => {
    const repeated = { ...night, from: "02:00", to: "02:30" };
    expect(next(repeated, "2026-10-24T12:00:00Z")).toBe("2026-10-25T00:00:00.000Z 2026-10-25T00:30:00.000Z");
    expect(next(repeated, "2026-10-25T00:30:00Z")).toBe("2026-10-25T01:00:00.000Z 2026-10-25T01:30:00.000Z");
  });

  test("opens on its dates and stays closed on its exceptions", () => {
    const dated = { ...night, days: ["sat"] as const, dates: ["2026-12-24"], except: ["2026-12-26"] };
    expect(next(dated, "2026-12-23T12:00:00Z")).toBe("2026-12-24T01:00:00.000Z 2026-12-24T03:00:00.000Z");
    expect(next(dated, "2026-12-24T12:00:00Z")).toBe("2027-01-02T01:00:00.000Z 2027-01-02T03:00:00.000Z");
  });

  test("whose dates have all passed never opens again", () => {
    expect(next({ ...night, days: [], dates: ["2026-01-01"] }, "2026-06-01T00:00:00Z")).toBe("never");
  });

  test("until 24:00 ends at midnight", () => {
    const evening = { ...night, days: ["sat"] as const, from: "22:00", to: "24:00" };
    expect(next(evening, "2026-07-03T12:00:00Z")).toBe("2026-07-04T20:00:00.000Z 2026-07-04T22:00:00.000Z");
  });

  test("says how long it stays open", () => {
    const opening = windowAt(night, zone, new Date("2026-07-04T00:30:00Z"))!;
    expect(secondsLeft(opening, new Date("2026-07-04T00:30:00Z"))).toBe(5400);
    expect(secondsLeft(opening, new Date("2026-07-04T03:00:00Z"))).toBe(0);
  });

  test("is open exactly while the site's clock reads a time in it, in every zone and season", () => {
    const clock = (instant: Date, timeZone: string): string =>
      new Intl.DateTimeFormat("en-GB", { timeZone, hour: "2-digit", minute: "2-digit" }).format(instant);
    const minute = fc.integer({ min: 0, max: 24 * 60 - 1 });
    const text = (value: number): string =>
      `${String(Math.floor(value / 60)).padStart(2, "0")}:${String(value % 60).padStart(2, "0")}`;
    fc.assert(
      fc.property(
        fc.constantFrom("Europe/Zurich", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "UTC"),
        minute,
        minute,
        fc.integer({ min: Date.UTC(2026, 0, 1), max: Date.UTC(2027, 0, 1) }),
        (timeZone, from, to, milliseconds) => {
          fc.pre(from !== to);
          const instant = new Date(Math.floor(milliseconds / 60_000) * 60_000);
          const every = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
          const window = { ...night, days: every, from: text(from), to: text(to) };
          const now = clock(instant, timeZone);
          const reads = from < to ? text(from) <= now && now < text(to) : now >= text(from) || now < text(to);
          expect(windowAt(window, timeZone, instant) !== undefined).toBe(reads);
        },
      ),
      { numRuns: 500 },
    );
  });
});

test("the site's date is that of its clock, not of UTC", () => {
  expect(siteDate(zone, new Date("2026-06-30T22:30:00Z"))).toBe("2026-07-01");
});
