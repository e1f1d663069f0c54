import { describe, expect, test } from "vitest";
import { clock } from "../../src/baseline/sources/clock.ts";

const zurich = clock({ timezone: "Europe/Zurich", year: 2026 });

describe("a time of a log", () => {
  test.each([
    ["2026-11-21T18:40:37.25+01:00", "2026-11-21T17:40:37.250Z"],
    ["2026-11-21 18:40:37,250+0100", "2026-11-21T17:40:37.250Z"],
    ["2026-11-21 18:40:37+01", "2026-11-21T17:40:37.000Z"],
    ["2026-11-21T18:40:37-03:30", "2026-11-21T22:10:37.000Z"],
    ["2026-11-21 18:40:37 UTC", "2026-11-21T18:40:37.000Z"],
    ["2026-07-21 18:40:37", "2026-07-21T16:40:37.000Z"],
    ["2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000Z"],
  ])("%s is %s", (text, expected) => {
    expect(new Date(zurich.iso(text) * 1000).toISOString()).toBe(expected);
  });

  test.each([
    "2026-13-01T00:00:00Z",
    "2026-02-30T00:00:00Z",
    "2026-00-10T00:00:00Z",
    "2026-11-21T25:00:00Z",
    "2026-11-21T18:61:00Z",
    "2026-11-21T18:40:61Z",
    "2026-11-21",
    "soon",
    undefined,
  ])("%s is none, and not another one", (text) => {
    expect(zurich.iso(text)).toBeNaN();
  });

  test("a day that is none stays so behind one that is, and the other way round", () => {
    const days = [
      "2026-02-01",
      "2026-01-33",
      "2026-02-01",
      "2026-00-10",
      "2025-12-10",
      "2026-01-99",
      "2026-04-06",
    ];
    const found = days.map((day) => zurich.iso(`${day}T12:00:00Z`));
    expect(
      found.map((time) => (Number.isNaN(time) ? "none" : new Date(time * 1000).toISOString().slice(0, 10))),
    ).toEqual(["2026-02-01", "none", "2026-02-01", "none", "2025-12-10", "none", "2026-04-06"]);
  });

  test.each([
    ["Okt", "21", "18:40:37"],
    ["Mai", "21", "18:40:37"],
    ["Nov", "31", "18:40:37"],
    ["Nov", "21", "24:40:37"],
  ])("%s %s %s is none: a month of another language is not January", (month, day, time) => {
    expect(zurich.calendar(month, day, time)).toBeNaN();
  });

  test("29 February is one in a leap year only", () => {
    expect(clock({ timezone: "UTC", year: 2026 }).calendar("Feb", "29", "10:00:00")).toBeNaN();
    const leap = clock({ timezone: "UTC", year: 2028 }).calendar("Feb", "29", "10:00:00.5");
    expect(new Date(leap * 1000).toISOString()).toBe("2028-02-29T10:00:00.500Z");
  });
});
