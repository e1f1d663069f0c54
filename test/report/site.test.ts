import { describe, expect, test } from "vitest";
import type { Cell, Report, Table } from "../../src/report/document.ts";
import { cellText } from "../../src/report/document.ts";
import { siteReport } from "../../src/report/site-report.ts";
import type { JournalContent } from "../../src/rollout/journal.ts";
import { journal, plan, site } from "./support/fixture.ts";
import { changeEntries } from "./support/site-folder.ts";

const now = new Date("2026-11-30T10:00:00Z");
const change = (conduit: string, to: "monitor" | "enforce", id: string): readonly JournalContent[] =>
  changeEntries({ ...plan({ conduit, to }), id: id.repeat(64) });
const rollback = (number: number): JournalContent => ({
  time: "2026-11-25T08:00:00.000Z",
  actor: "eva",
  action: "rollback",
  firewall: "fw1",
  details: { kind: "restored", number, proven: true, persisted: true, seconds: 3.2 },
});
const report = (contents: readonly JournalContent[]): Report => siteReport(site(), journal(contents), now);

const table = ({ sections }: Report, caption: RegExp): Table =>
  sections
    .flatMap(({ blocks }) => blocks)
    .find((block) => block.kind === "table" && caption.test(block.caption)) as Table;
const rows = (from: Report, caption: RegExp): readonly (readonly string[])[] =>
  table(from, caption).rows.map((row) => row.map(cellText));
const stages = (from: Report): Readonly<Record<string, string>> =>
  Object.fromEntries(
    rows(from, /^Conduits/).map(([conduit, , , stage, , days]) => [conduit, `${stage} ${days}`.trim()]),
  );
const metric = (from: Report, name: string): Cell | undefined =>
  table(from, /metrics/).rows.find(([first]) => first === name)?.[1];

describe("the report of a site", () => {
  test("without a journal knows no stage, and says so", () => {
    const empty = report([]);
    expect(new Set(Object.values(stages(empty)))).toEqual(new Set(["not managed"]));
    expect(empty.status.text).toBe("0 of 6 conduits enforced");
    expect(metric(empty, "Mean time to containment")).toBe("not known: no zone was isolated");
  });

  test("takes the stage of a conduit and its age from what was confirmed", () => {
    const done = report([
      ...change("scada-pumps", "monitor", "a"),
      ...change("scada-filters", "enforce", "b"),
    ]);
    expect(stages(done)).toMatchObject({ "scada-pumps": "monitored 8", "scada-filters": "enforced 8" });
    expect(rows(done, /^fw1/)).toMatchObject([
      ["1", "at first contact", "", "none", "kept"],
      ["2", "2026-11-22 02:15 UTC", "a".repeat(16), "scada-pumps: monitor", "kept"],
      ["3", "2026-11-22 02:15 UTC", "b".repeat(16), "scada-pumps: monitor, scada-filters: enforce", "runs"],
    ]);
  });

  test("counts a change once, although two sessions write that it was confirmed and done", () => {
    const once = change("scada-pumps", "enforce", "a");
    const twice = [...once, ...once.filter(({ action }) => action === "confirmed" || action === "done")];
    expect(rows(report(twice), /^fw1/)).toEqual(rows(report(once), /^fw1/));
  });

  test("follows a rollback to the stages that the known-good held", () => {
    const back = report([
      ...change("scada-pumps", "monitor", "a"),
      ...change("scada-pumps", "enforce", "b"),
      rollback(2),
    ]);
    expect(stages(back)["scada-pumps"]).toBe("monitored 5");
    expect(rows(back, /^fw1/).map((row) => row.at(-1))).toEqual(["kept", "runs", "kept"]);
    expect(stages(report([...change("scada-pumps", "enforce", "b"), rollback(1)]))["scada-pumps"]).toBe(
      "not managed",
    );
  });

  test("a trial that went back changes no stage; its cause is told, and counts as downtime when a criterion ended it", () => {
    const [approved, ...others] = change("scada-pumps", "enforce", "a");
    const trial = others.slice(0, 4);
    const end = (cause: string): readonly JournalContent[] => [
      approved!,
      ...trial,
      { ...approved!, action: "reverting", details: { cause, leaseEnds: 12 } },
      { ...approved!, action: "verified-back", details: { cause } },
    ];
    const tripped = report(end("heartbeat: poll asked nothing for 9.0 s"));
    expect(stages(tripped)["scada-pumps"]).toBe("not managed");
    expect(metric(tripped, "Changes that caused downtime")).toEqual({ text: "1", tone: "bad" });
    expect(metric(tripped, "Rollbacks and their causes")).toContain(
      "1 × heartbeat: poll asked nothing for 9.0 s",
    );
    const closed = report(end("the laptop was closed"));
    expect(metric(closed, "Changes that caused downtime")).toMatchObject({ text: "none" });
  });

  test("names what was done without a plan, and takes the time to containment from what was proved", () => {
    const isolate = (kind: string, seconds: number): JournalContent => ({
      ...{ time: "2026-11-26T04:00:00.000Z", actor: "eva", action: "isolate", firewall: "fw1" },
      details: { zone: "pumps", reason: "An unknown laptop.", lease: 1800, kind, seconds },
    });
    const done = report([isolate("taken", 2), isolate("unproven", 60), isolate("taken", 4)]);
    expect(rows(done, /^Measures/)[0]).toEqual([
      ...[
        "2026-11-26 04:00 UTC",
        "eva",
        "isolation of pumps",
        "fw1",
        "An unknown laptop.",
        "30 min",
        "taken",
      ],
    ]);
    expect(rows(done, /^Measures/).map((row) => row.at(-1))).toEqual(["taken", "unproven", "taken"]);
    expect(metric(done, "Mean time to containment")).toBe("3 s");
  });

  test("counts days on the site's clock, and names what is past its date", () => {
    const left = (day: string): readonly (readonly string[])[] =>
      table(siteReport(site(), [], new Date(day)), /^Exceptions/).rows.map((row) => row.map(cellText));
    expect(left("2026-11-30T10:00:00Z")[0]?.at(-1)).toBe("5");
    // 23:30 UTC is already the next day in Zurich.
    expect(left("2026-11-30T23:30:00Z")[0]?.at(-1)).toBe("4");
    expect(left("2026-12-07T10:00:00Z")[0]?.at(-1)).toBe("expired 2 days ago");
  });

  test("reviews who may do what, and when they last did anything", () => {
    const people = rows(report(change("scada-pumps", "monitor", "a")), /^People/);
    expect(people.map(([person, , may, , , last, reviewed]) => [person, may, last, reviewed])).toEqual([
      ["Eva Meier (eva)", "apply, bypass, isolate", "2026-11-22 02:15 UTC: done", "2026-03-01"],
      [
        "Olaf Berg (olaf)",
        "approve monitoring, approve enforcement",
        "2026-11-22 02:01 UTC: approval",
        "2024-05-01, overdue",
      ],
      [
        "Rita Sarr (rita)",
        "approve monitoring, approve enforcement",
        "2026-11-22 02:01 UTC: approval",
        "never",
      ],
    ]);
  });
});
