import { describe, expect, test } from "vitest";
import { assumedCycle } from "../../src/baseline/coverage/limits.ts";
import type { Cell, Report, Table } from "../../src/report/document.ts";
import { cellText } from "../../src/report/document.ts";
import { siteReport } from "../../src/report/site-report.ts";
import type { JournalContent } from "../../src/rollout/journal.ts";
import { journal, plan, reportedSite, site, siteText } from "./support/fixture.ts";
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
const report = (contents: readonly JournalContent[]): Report =>
  siteReport(reportedSite(journal(contents)), now);

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
      table(siteReport(reportedSite([]), new Date(day)), /^Exceptions/).rows.map((row) => row.map(cellText));
    expect(left("2026-11-30T10:00:00Z")[0]?.at(-1)).toBe("5");
    // 23:30 UTC is already the next day in Zurich.
    expect(left("2026-11-30T23:30:00Z")[0]?.at(-1)).toBe("4");
    expect(left("2026-12-07T10:00:00Z")[0]?.at(-1)).toBe("expired 2 days ago");
  });

  test("reviews who may do what, since when, and when they last did it", () => {
    const [monitor, enforce] = [
      change("scada-pumps", "monitor", "a"),
      change("scada-filters", "enforce", "b"),
    ];
    const reported = report([...monitor, ...enforce]);
    expect(rows(reported, /^People/)).toEqual([
      [
        ...["Eva Meier (eva)", "engineer, operator", "1", "2024-02-01"],
        ...["2026-11-22 02:15 UTC: done", "2026-03-01"],
      ],
      [
        ...["Olaf Berg (olaf)", "approver", "1"],
        ...["not stated; in the journal since 2026-11-22 02:01 UTC", "2026-11-22 02:01 UTC: approval"],
        "2024-05-01, overdue",
      ],
      [
        ...["Rita Sarr (rita)", "approver, auditor", "1"],
        ...[
          "not stated; in the journal since 2026-11-22 02:01 UTC",
          "2026-11-22 02:01 UTC: approval",
          "never",
        ],
      ],
    ]);
    const [used, approved] = ["2026-11-22 02:03 UTC", "2026-11-22 02:01 UTC"];
    expect(rows(reported, /^Rights/)).toEqual([
      ["approve monitoring", "Olaf Berg (olaf)", approved],
      ["approve monitoring", "Rita Sarr (rita)", approved],
      ["approve enforcement", "Olaf Berg (olaf)", approved],
      ["approve enforcement", "Rita Sarr (rita)", approved],
      ["approve what lets more pass", "Olaf Berg (olaf)", "never"],
      ["approve what lets more pass", "Rita Sarr (rita)", "never"],
      ["apply", "Eva Meier (eva)", used],
      ["confirm", "Eva Meier (eva)", "2026-11-22 02:15 UTC"],
      ["confirm", "Olaf Berg (olaf)", "never"],
      ["confirm", "Rita Sarr (rita)", "never"],
      ["abort or roll back", "Eva Meier (eva)", "never"],
      ["abort or roll back", "Olaf Berg (olaf)", "never"],
      ["abort or roll back", "Rita Sarr (rita)", "never"],
      ["bypass", "Eva Meier (eva)", "never"],
      ["isolate", "Eva Meier (eva)", "never"],
    ]);
    const onlyMonitor = rows(report(monitor), /^Rights/);
    expect(onlyMonitor.filter(([right]) => right === "approve enforcement").map((row) => row[2])).toEqual([
      "never",
      "never",
    ]);
  });

  test("takes the last use of each right from the entries that only its use writes", () => {
    const entry = (action: string, day: number, details: object, actor = "eva"): JournalContent => ({
      ...{ time: `2026-11-0${day}T08:00:00.000Z`, actor, action, firewall: "fw1" },
      details: { ...details },
    });
    const lastUse = (...entries: readonly JournalContent[]): readonly string[] =>
      rows(report(entries), /^Rights/)
        .filter(([, , last]) => last !== "never")
        .map(([right, person, last]) => `${right}: ${person} ${last?.slice(0, 10)}`);
    expect(lastUse(entry("bypass", 2, {}))).toEqual(["bypass: Eva Meier (eva) 2026-11-02"]);
    expect(lastUse(entry("isolate", 3, {}))).toEqual(["isolate: Eva Meier (eva) 2026-11-03"]);
    expect(lastUse(entry("abort", 3, {}, "olaf"))).toEqual([
      "abort or roll back: Olaf Berg (olaf) 2026-11-03",
    ]);
    expect(lastUse(entry("rollback", 4, {}))).toEqual(["abort or roll back: Eva Meier (eva) 2026-11-04"]);
    // The session of the trial writes that another one has confirmed: that is no use of its own.
    expect(
      lastUse(entry("confirmed", 5, { by: "us" }, "olaf"), entry("confirmed", 6, { by: "another" })),
    ).toEqual(["confirm: Olaf Berg (olaf) 2026-11-05"]);
    const approved = { by: ["rita"], to: "enforce", broader: true };
    expect(
      lastUse(entry("approved", 7, approved), entry("approved", 8, { ...approved, broader: false })),
    ).toEqual([
      "approve enforcement: Rita Sarr (rita) 2026-11-08",
      "approve what lets more pass: Rita Sarr (rita) 2026-11-07",
    ]);
  });

  test("computes each metric of the SECURE set from its records, and says how", () => {
    const reverting = (id: string, cause: string): JournalContent => ({
      ...{ time: "2026-11-26T04:00:00.000Z", actor: "eva", action: "reverting", firewall: "fw1" },
      ...{ plan: id.repeat(64), conduit: "scada-pumps", details: { cause } },
    });
    const abort: JournalContent = {
      ...{ time: "2026-11-26T05:00:00.000Z", actor: "olaf", action: "abort", firewall: "fw1" },
    };
    const own = site(
      `${siteText().replace(
        "    firewalls: [fw1]\n    permits:\n      poll:",
        "    firewalls: [fw1]\n    criteria: { storm: { type: connection-storm, per-minute: 60, interval: 10s, on-no-data: hold, severity: abort } }\n    permits:\n      poll:",
      )}`
        .replace("role: plc } }", "role: plc, patch: { state: behind } } }")
        .replace(
          "{ addresses: [10.10.1.10], role: plc }",
          "{ addresses: [10.10.1.10], role: plc, patch: { state: current } }",
        ),
    );
    const contents = [
      ...change("scada-pumps", "monitor", "a"),
      ...change("scada-filters", "enforce", "b"),
      reverting("c", "storm: 90 connections a minute"),
      // The same change, told by its other session.
      reverting("c", "storm: 90 connections a minute"),
      reverting("d", "the laptop was closed"),
      abort,
      rollback(2),
    ];
    const written = table(
      siteReport({ ...reportedSite(journal(contents)), site: own }, now),
      /metrics/,
    ).rows.map((row) => row.map(cellText));
    expect(written.map(([name, value]) => [name, value])).toEqual([
      ["Segmentation with documented exceptions", "0 of 6 conduits enforced; 1 exception"],
      ["Access reviews done", "1 of 3 people"],
      ["Patch exceptions", "2 assets; 1 with compensating controls"],
      ["Mean time to containment", "not known: no zone was isolated"],
      ["Changes that caused downtime", "1"],
      [
        "Rollbacks and their causes",
        "2 trials went back; 2 commands to go back: 1 × storm: 90 connections a minute; 1 × the laptop was closed",
      ],
    ]);
    expect(written.map(([, , computed, records]) => [computed, records].join(" | "))).toMatchInlineSnapshot(`
      [
        "conduits whose last confirmed stage is enforce on every firewall that they name; entries under exceptions, each with reason, owner and expiry | journal (confirmed, rollback), site.yaml",
        "people whose day of review is at most 365 days ago | site.yaml",
        "assets whose patch state is behind or unpatchable | site.yaml",
        "mean of the seconds from the command to the proof that the zone is isolated | journal (isolate)",
        "trials that one of the site's criteria ended: an observed flow was dropped, or a critical permit fell silent; what no criterion watches is not counted | journal (reverting), site.yaml (criteria)",
        "trials that ended in the previous stage, by the cause that was written, and commands abort and rollback | journal (reverting, abort, rollback)",
      ]
    `);
    const without = contents.filter(({ action }) => action !== "rollback");
    expect(metric(report(without), "Segmentation with documented exceptions")).toBe(
      "1 of 6 conduits enforced; 1 exception",
    );
    expect(metric(report(without), "Rollbacks and their causes")).toContain("1 command to go back");
  });

  test("a conduit over two firewalls is as far as the one that is behind", () => {
    const two = site(
      siteText().replace(
        "firewalls: [fw1]\n    permits:\n      poll:",
        "firewalls: [fw1, fw2]\n    permits:\n      poll:",
      ),
    );
    const on = (firewall: string, to: "monitor" | "enforce", id: string): readonly JournalContent[] =>
      change("scada-pumps", to, id).map((entry) => ({ ...entry, firewall }));
    const seen = (...contents: readonly JournalContent[]): readonly (string | undefined)[] => {
      const made = siteReport({ ...reportedSite(journal(contents)), site: two }, now);
      const matrix = rows(made, /^Matrix/);
      const pumps = matrix.find(([zone]) => zone === "pumps")!;
      return [pumps[matrix.findIndex(([zone]) => zone === "scada") + 1], metricText(made)];
    };
    const metricText = (made: Report): string =>
      cellText(metric(made, "Segmentation with documented exceptions")!);
    const half = ["not managed", "0 of 6 conduits enforced; 1 exception"];
    expect(seen(...on("fw1", "enforce", "a"))).toEqual(half);
    expect(seen(...on("fw1", "enforce", "a"), ...on("fw2", "monitor", "b"))).toEqual(["monitored", half[1]]);
    expect(seen(...on("fw1", "enforce", "a"), ...on("fw2", "enforce", "b"))).toEqual([
      ...["enforced", "1 of 6 conduits enforced; 1 exception"],
    ]);
  });

  test("the matrix is empty where no conduit joins two zones", () => {
    const matrix = rows(report([]), /^Matrix/);
    const zones = matrix.map(([zone]) => zone);
    const cell = (one: string, other: string): string | undefined =>
      matrix[zones.indexOf(one)]?.[zones.indexOf(other) + 1];
    expect([
      cell("office", "pumps"),
      cell("scada", "pumps"),
      cell("pumps", "scada"),
      cell("pumps", "pumps"),
    ]).toEqual(["", "not managed", "not managed", "—"]);
  });

  test("counts the permits of a conduit, and those that evidence is named for", () => {
    const counted = rows(report([]), /^Conduits/).map((row) => [row[0], ...row.slice(-2)]);
    expect(counted[0]).toEqual(["scada-pumps", "2", "2"]);
    expect(counted).toContainEqual(["dmz-scada", "1", "0"]);
  });

  test("lists what stands for a time, and what protects an asset that is not current", () => {
    expect(rows(report([]), /^Permits for a time/)).toEqual([
      ["dmz-scada.history", "Process values for the historian.", "eva", "15"],
      ["maintenance-pumps.service", "Programming on site.", "eva", "31"],
    ]);
    const accepted = `${siteText()}  flat: { zones: [office, scada], reason: One switch., owner: eva, expires: 2027-01-05, controls: [none yet] }
  trip: { permit: safety-pumps.trip, reason: Old., owner: eva, expires: 2027-01-06, controls: [cable] }
`;
    const made = siteReport({ ...reportedSite([]), site: site(accepted) }, now);
    expect(rows(made, /^Exceptions/).map(([id, about]) => [id, about])).toEqual([
      ["old-drive", "pumps.drive"],
      ["flat", "office and scada, not segmented"],
      ["trip", "safety-pumps.trip"],
    ]);
    expect(rows(made, /^Assets/)).toEqual([
      ["pumps.drive", "unpatchable", "The vendor is gone.", "its conduit permits one client"],
    ]);
  });

  test("says what was found when somebody last looked for drift, and that nobody has", () => {
    const drift = (time: string, live: boolean): JournalContent => ({
      ...{ time, actor: "eva", action: "drift", firewall: "fw1" },
      details: { knownGood: 2, live, boot: false, bootIsLive: !live },
    });
    const looked = report([
      drift("2026-11-23T02:00:00.000Z", true),
      drift("2026-11-24T02:00:00.000Z", false),
    ]);
    expect(rows(looked, /^Drift/)).toEqual([
      ["fw1", "2026-11-24 02:00 UTC", "is the known-good", "is the known-good"],
      ["fw2", "never", "not known", "not known"],
    ]);
    expect(rows(report([drift("2026-11-23T02:00:00.000Z", true)]), /^Drift/)[0]).toEqual([
      ...["fw1", "2026-11-23 02:00 UTC", "is not the known-good", "is the known-good"],
    ]);
  });

  test("says for each conduit whether enough was seen, from the baselines that permits name", () => {
    const seen = rows(report([]), /^How complete/);
    expect(seen.map(([conduit, cycles, flows]) => [conduit, cycles, flows])).toContainEqual([
      ...["scada-pumps", "14", "4"],
    ]);
    const facts = { ...reportedSite([]), evidence: { baselines: [], missing: ["baseline/week.json"] } };
    const text = JSON.stringify(siteReport(facts, now).sections.find(({ id }) => id === "coverage"));
    expect(text).toContain("baseline/week.json, which permits name as their evidence, cannot be read here");
    expect(text).toContain("No baseline that permits name as their evidence is at hand");
  });

  test("counts in days where the site names no production cycles, and says that this is assumed", () => {
    const facts = reportedSite([]);
    const { cycles: _, ...uncounted } = facts.site;
    const found = siteReport({ ...facts, site: uncounted }, now);
    const text = JSON.stringify(found.sections.find(({ id }) => id === "coverage"));
    expect(text).toContain(assumedCycle);
    expect(text).toContain('in cycles \\"day\\"');
    const named = JSON.stringify(report([]).sections.find(({ id }) => id === "coverage"));
    expect(named).not.toContain(assumedCycle);
    expect(named).toContain("shows in no figure");
  });

  test("names firewalls of a kind that no real one has judged", () => {
    const facts = { ...reportedSite([]), unproven: new Set(["nftables"]) };
    expect(JSON.stringify(siteReport(facts, now))).toContain("fw1 (nftables): UNPROVEN");
    expect(JSON.stringify(report([]))).not.toContain("UNPROVEN");
  });
});
