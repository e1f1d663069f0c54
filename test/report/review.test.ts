import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Plan } from "../../src/plan/plan.ts";
import type { PermitId } from "../../src/policy/model.ts";
import { layOut } from "../../src/report/diagram-layout.ts";
import { cellText, type Report, type Section } from "../../src/report/document.ts";
import { review } from "../../src/report/review.ts";
import type { JournalContent } from "../../src/rollout/journal.ts";
import { journal, noApproval, plan, siteText } from "./support/fixture.ts";
import { changeEntries } from "./support/site-folder.ts";

const reviewOf = (plan: Plan, entries: readonly JournalContent[] = []): Report =>
  review({ plan, approvals: noApproval, journal: journal(entries) });
const section = ({ sections }: Report, id: string): Section => sections.find((one) => one.id === id)!;
/** Every word of a section. */
const text = (report: Report, id: string): string => JSON.stringify(section(report, id).blocks);
const rows = (report: Report, id: string, caption: RegExp): readonly (readonly string[])[] =>
  section(report, id)
    .blocks.flatMap((block) => (block.kind === "fold" ? block.blocks : [block]))
    .flatMap((block) => (block.kind === "table" && caption.test(block.caption) ? block.rows : []))
    .map((row) => row.map(cellText));

describe("the review of a plan", () => {
  test("says what becomes of every observed flow, who decided, and when it was last seen", () => {
    const cut = rows(reviewOf(plan()), "flows", /^Cut/);
    expect(cut.map(([from, to, service, seen, , by]) => [from, to, service, seen, by])).toEqual([
      [
        "scada2 (10.20.0.6)",
        "plc1 (10.10.1.10)",
        "http (tcp 80)",
        "2026-11-03 09:12 UTC",
        "decided against: Nobody may browse a controller.",
      ],
      [
        "scada1 (10.20.0.5)",
        "plc2 (10.10.1.11)",
        "http (tcp 80)",
        "2026-11-09 13:40 UTC",
        "decided against: Nobody may browse a controller.",
      ],
      [
        "scada2 (10.20.0.6)",
        "drive (10.10.1.40)",
        "telnet (tcp 23)",
        "2026-11-14 22:31 UTC",
        "nobody: it was never answered",
      ],
    ]);
  });

  test("cuts nothing in monitor, and names what will be recorded", () => {
    const report = reviewOf(plan({ to: "monitor", from: { stage: "monitor", permits: ["poll"] } }));
    expect(rows(report, "flows", /^Cut/)).toEqual([]);
    expect(rows(report, "flows", /^Not permitted/).length).toBe(3);
    expect(report.summary).toContain("Nothing is dropped");
  });

  test("under enforcement, tells flows that are opened from those that stay as they are", () => {
    const report = reviewOf(plan({ from: { stage: "enforce", permits: ["poll"] } }));
    expect(rows(report, "flows", /^Cut/)).toEqual([]);
    expect(rows(report, "flows", /^Opened/).map(([from, to]) => [from, to])).toEqual([
      ["scada1 (10.20.0.5)", "drive (10.10.1.40)"],
    ]);
    expect(rows(report, "flows", /^They are dropped now/).length).toBe(3);
    expect(report.title).toBe("scada-pumps: other rules in enforce on fw1");
    expect(report.summary).toContain("which stays in enforcement");
    expect(report.summary).toContain(
      "Of 7 flows observed between them, 3 go on as before, 3 stay dropped, none will be cut and 1 will newly pass.",
    );
    expect(text(report, "decisions")).toContain("BROADER");
  });

  test("compares permits by what they admit, not by their words", () => {
    const before = plan({ from: { stage: "enforce", permits: ["poll"] } });
    const changes = (plan: Plan) =>
      rows(reviewOf(plan), "decisions", /^Permits/).map(([change, permit]) => [change, permit]);
    expect(changes(before)).toEqual([
      ["as before", "poll (critical)"],
      ["added", "drive-status"],
    ]);
    const [poll] = before.review!.before!.permits;
    const with_ = (permits: NonNullable<NonNullable<Plan["review"]>["before"]>["permits"]): Plan => ({
      ...before,
      review: { ...before.review!, before: { ...before.review!.before!, permits } },
    });
    expect(changes(with_([{ ...poll!, reason: "Other words." }]))[0]).toEqual([
      "as before",
      "poll (critical)",
    ]);
    expect(changes(with_([{ ...poll!, boxes: poll!.boxes.slice(1) }]))[0]).toEqual([
      "changed",
      "poll (critical)",
    ]);
    expect(changes(with_([{ ...poll!, permit: "old" as PermitId }])).at(-1)).toEqual(["removed", "old"]);
  });

  test("answers whether anybody can be locked out from the addresses, and admits when it cannot", () => {
    const base = plan();
    const answer = (address: string, management: readonly string[] = []): string =>
      text(
        reviewOf({
          ...base,
          firewall: { ...base.firewall, address },
          review: { ...base.review!, management: [...management] },
        }),
        "lock-out",
      );
    expect(answer("192.0.2.1")).toContain(
      "No. fw1 is reached at 192.0.2.1, which is in neither of the two zones",
    );
    expect(answer("10.10.1.1")).toContain("From where it is managed is not recorded");
    expect(answer("10.10.1.1", ["10.30.0.9"])).toContain("No. fw1 is managed from 10.30.0.9");
    expect(answer("10.10.1.1", ["10.20.0.0/28"])).toContain("Look twice. Sessions from 10.20.0.0/28");
    expect(answer("fw1.plant.example")).toContain("is not known to this plan");
  });

  test("takes earlier drills, and what ended earlier trials, from the journal alone", () => {
    const now = plan();
    const earlier = changeEntries({ ...now, id: "e".repeat(64) });
    const ended = {
      ...earlier[4]!,
      action: "reverting",
      details: { cause: "heartbeat: poll asked nothing for 9.0 s" },
    };
    const report = reviewOf(now, [...earlier.slice(0, 5), ended]);
    expect(rows(report, "way-back", /drills/)).toEqual([
      ["2026-11-22 02:02 UTC", "eva", "the lease in the kernel of the firewall fired after 2.1 s", "3"],
    ]);
    expect(rows(report, "criteria", /^Criteria/).map((row) => [row[0], row.at(-2)])).toEqual([
      ["baselined-flow-dropped", "0 of 1"],
      ["heartbeat", "1 of 1"],
    ]);
    const without = review({ plan: now, approvals: noApproval, journal: undefined });
    expect(rows(without, "criteria", /^Criteria/)[0]?.at(-1)).toBe("not recorded");
  });

  test("the figures count every observed flow once, and are those of the summary", () => {
    for (const [from, shown] of [
      [{ stage: "monitor", permits: ["poll"] }, [7, 4, 3]],
      [{ stage: "enforce", permits: ["poll"] }, [7, 3, 3, 0, 1]],
    ] as const) {
      const figures = section(reviewOf(plan({ from })), "overview").blocks.flatMap((block) =>
        block.kind === "figures" ? block.items : [],
      );
      const flows = figures.filter(({ id }) => id.startsWith("flows-")).map(({ value }) => Number(value));
      expect(flows).toEqual(shown);
      const [all, ...fates] = flows;
      expect(fates.reduce((sum, one) => sum + one, 0)).toBe(all);
    }
  });

  test("says in words what a number of nothing would leave to guess", () => {
    const base = plan();
    const sessions = {
      mode: "rematch" as const,
      listing: { kind: "listed" as const, known: 0, unread: 0, ended: [] },
    };
    const report = reviewOf({ ...base, sessions, watch: { ...base.watch, expected: [], heartbeats: [] } });
    expect(text(report, "sessions")).toContain("this does not say that none is open");
    expect(text(report, "overview")).not.toContain("sessions-ended");
    expect(text(report, "criteria")).toContain(
      "no observed flow is known that must pass, and no permit is marked critical, so no silence ends it",
    );
    const monitor = plan({ to: "monitor", from: { stage: "monitor", permits: [] } });
    expect(text(reviewOf(monitor), "criteria")).toContain("nothing is dropped, and 3 critical flows must be");
    const history = {
      ...{ samples: 1, every: 0, criteria: [] },
      ...{ from: "2026-11-20T10:00:00.000Z", to: "2026-11-20T10:00:00.000Z" },
    };
    expect(text(reviewOf({ ...base, history }), "criteria")).toContain(
      "from one sample, taken at 2026-11-20",
    );
  });

  test("shows until when a permit is meant to stand, where one has an end", () => {
    expect(rows(reviewOf(plan()), "decisions", /^Permits/)[0]).toHaveLength(8);
    const limited = reviewOf(plan({ conduit: "dmz-scada" }));
    expect(rows(limited, "decisions", /^Permits/)[0]?.at(-1)).toBe("2026-12-15");
  });

  test("says how complete the observation is, in production cycles, or that it does not know", () => {
    const base = plan();
    expect(base.review?.coverage?.map(({ cycle }) => cycle)).toEqual(["day"]);
    const judged = (coverage: NonNullable<NonNullable<Plan["review"]>["coverage"]>): string =>
      text(reviewOf({ ...base, review: { ...base.review!, coverage } }), "observed");
    const known = {
      ...{ cycle: "day", cycles: 14, coverage: 0.97, unseen: 0.5, quiet: 11, novelty: 0.2384 },
      discovery: [3, 4, 7],
      open: [{ text: "novelty bound 24 % > 20 %", remedy: "observe 3 more cycles" }],
    };
    expect(judged([known])).toContain('"points":[3,4,7]');
    expect(judged([known])).toContain("at most 24 % likely, after 11 cycles without a new one");
    expect(judged([known])).toContain("novelty bound 24 % > 20 %: observe 3 more cycles");
    expect(judged([{ ...known, open: [] }])).toContain("meets every condition for enforcement");
    expect(judged([])).toContain("is not recorded by this plan");
  });

  test("shows a failed claim before everything else", () => {
    const base = plan();
    const { claims, ...rest } = base.certificate as unknown as { claims: readonly object[] };
    const [first, ...others] = claims;
    const failed = {
      ...rest,
      claims: [{ ...first, result: "failed", witness: "tcp 10.0.0.1:1 -> 10.0.0.2:2" }, ...others],
    };
    const report = reviewOf({ ...base, certificate: failed as unknown as Plan["certificate"] });
    expect(report.status).toEqual({ text: "1 claim failed: do not approve", tone: "bad" });
    const [result, , witness] = rows(report, "proofs", /^Claims/)[0]!;
    expect([result, witness]).toEqual(["FAILED", "tcp 10.0.0.1:1 -> 10.0.0.2:2"]);
  });

  test("counts what was proved of the step with what was proved of the rules", () => {
    const base = plan();
    const step = { claim: "blast-radius", statement: "Nothing else changes.", result: "not-proved" } as const;
    const report = reviewOf({ ...base, transition: [step] });
    expect(rows(report, "proofs", /^Claims/).at(-1)).toEqual(["not proved", "Nothing else changes.", ""]);
    expect(text(report, "overview")).toContain("of 4 claims about the rules proved");
  });

  test("tells a reviewer what it is applied after and together with", () => {
    const base = plan();
    const report = reviewOf({
      ...base,
      ...{ follows: "e".repeat(64), pair: { peer: "fw2", role: "standby" as const } },
    });
    expect(report.summary).toContain("can be applied only after that one");
    expect(report.summary).toContain("fw1 is the standby of a pair with fw2: the two are on trial together");
    expect(text(report, "approval")).toContain("e".repeat(64));
    expect(text(report, "approval")).toContain("the plan for fw2, of the same pair");
    expect(reviewOf(base).summary).not.toMatch(/pair|the plan before it/);
    expect(text(report, "sessions")).toContain("one in which only the server talks is dropped until then.");
    expect(text(reviewOf(base), "sessions")).not.toContain("failover");
    const alone = reviewOf({ ...base, pair: { peer: "fw2", role: "standby", alone: true } });
    expect(alone.summary).toContain("which had this stage with these rules when the plan was made: only fw1");
    expect(text(alone, "approval")).not.toContain("Applied together");
  });

  test("of a kind of firewall that no real one has judged, says so before everything else", () => {
    const site = siteText().replace("fw1: { target: nftables", "fw1: { target: pfsense");
    const report = reviewOf(plan({ site }));
    expect(report.summary).toContain("Nobody has tried such rules on a real firewall of this kind yet");
    expect(text(report, "proofs")).toContain("UNPROVEN");
    expect(text(report, "approval")).toContain("fw1 at 192.0.2.1 (pfsense");
    expect(rows(report, "flows", /^Cut/).length).toBe(3);
    expect(JSON.stringify(reviewOf(plan()))).not.toMatch(/UNPROVEN|Nobody has tried/);
  });

  test("says what somebody must do during the trial, and which open sessions end", () => {
    const sessions = {
      mode: "cut" as const,
      listing: { kind: "listed" as const, known: 7, unread: 0, ended: [] },
    };
    const exercises = [{ id: "start", do: "Start pump 2 at the panel.", permits: ["poll"] }];
    const report = review({
      plan: { ...plan(), sessions, exercises },
      approvals: noApproval,
      journal: undefined,
    });
    expect(rows(report, "criteria", /^What somebody does/)).toEqual([
      ["start", "Start pump 2 at the panel.", "poll"],
    ]);
    const text = JSON.stringify(report.sections.find(({ id }) => id === "sessions"));
    expect(text).toContain("Open on the firewall: 7 sessions. None of them is touched.");
    const unknown = {
      ...sessions,
      listing: { kind: "not-listed" as const, reason: "the host has no conntrack" },
    };
    expect(
      JSON.stringify(
        review({ plan: { ...plan(), sessions: unknown }, approvals: noApproval, journal: undefined }),
      ),
    ).toContain("Which sessions are open is not known: the host has no conntrack.");
  });

  test("marks signatures that do not count, with the reason", () => {
    const approvals = {
      accepted: ["olaf"],
      rejected: [{ person: "eva", reason: "is the author of the plan, and nobody approves their own" }],
      open: [],
      missing: 1,
    };
    const report = review({ plan: plan(), approvals, journal: undefined });
    expect(rows(report, "approval", /^Who may/)).toEqual([
      [
        "Eva Meier (eva)",
        "engineer, operator",
        "does not count: is the author of the plan, and nobody approves their own",
      ],
      ["Olaf Berg (olaf)", "approver", "signed"],
      ["Rita Sarr (rita)", "approver, auditor", "none yet"],
    ]);
    expect(report.status.text).toBe("Needs 1 more approval");
  });
});

test("in the diagram no two zones lie over each other, and every conduit ends at its zones", () => {
  const plant = fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 2, maxLength: 40 }).chain((levels) =>
    fc.record({
      levels: fc.constant(levels),
      pairs: fc.array(fc.tuple(fc.nat(levels.length - 1), fc.nat(levels.length - 1)), { maxLength: 60 }),
    }),
  );
  fc.assert(
    fc.property(plant, ({ levels, pairs }) => {
      const zones = levels.map((level, index) => ({ id: `z${index}`, level, detail: "", lit: false }));
      const conduits = pairs
        .filter(([one, other]) => one !== other)
        .map(([one, other], index) => ({
          ...{ id: `c${index}`, stage: "monitor" as const, lit: false },
          zones: [`z${one}`, `z${other}`] as [string, string],
        }));
      const layout = layOut({ zones, conduits });
      expect(layout.conduits.length).toBe(conduits.length);
      for (const [index, zone] of layout.zones.entries()) {
        expect(zone.x >= 0 && zone.x + 150 <= layout.width && zone.y + 54 <= layout.height).toBe(true);
        for (const other of layout.zones.slice(index + 1)) {
          expect(Math.abs(zone.x - other.x) >= 150 || Math.abs(zone.y - other.y) >= 54).toBe(true);
        }
      }
      const touches = ({ x, y }: { x: number; y: number }, id: string): boolean => {
        const zone = layout.zones.find((one) => one.id === id)!;
        return x > zone.x && x < zone.x + 150 && (y === zone.y || y === zone.y + 54);
      };
      for (const { zones, from, to } of layout.conduits) {
        const [one, other] = zones;
        expect((touches(from, one) && touches(to, other)) || (touches(from, other) && touches(to, one))).toBe(
          true,
        );
      }
    }),
  );
});
