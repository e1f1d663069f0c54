import { describe, expect, test } from "vitest";
import { carriedBy, passAll, rulesProgram } from "../../src/compile/conduit-program.ts";
import type { ConduitRules } from "../../src/compile/ir.ts";
import { isHeldBackwards, sessionsByFlow, sessionsEnded } from "../../src/rollout/sessions.ts";
import type { LiveSession } from "../../src/target.ts";
import { conduitRules, tcpPermit } from "../support/rules.ts";

const session = (over: Partial<LiveSession> = {}): LiveSession => ({
  ...{ family: 4, initiator: "10.20.1.66", responder: "10.10.1.10", protocol: 6, port: 502 },
  ...{ initiatorPort: 40000, answered: true, key: "1" },
  ...over,
});
const program = (rules: ConduitRules) => rulesProgram(rules, { file: "", line: 1, column: 1, length: 1 });
const enforced = conduitRules("enforce");
const ends = (one: LiveSession, after = enforced, before = program(conduitRules("monitor"))): boolean =>
  sessionsEnded({ before, after: program(after), carried: carriedBy(enforced.pairs) }, [one]).length === 1;

describe("a live session", () => {
  test("ends when no permit admits it, and lives when one does", () => {
    expect(ends(session())).toBe(true);
    expect(ends(session({ initiator: "10.20.1.10" }))).toBe(false);
    expect(ends(session({ initiator: "10.20.1.10", port: 22 }))).toBe(true);
  });

  test("ends when it was asked from the other side, although the answers go the permitted way", () => {
    expect(ends(session({ initiator: "10.10.1.10", responder: "10.20.1.10" }))).toBe(true);
  });

  test("that was picked up from an answer ends although it is permitted, and is known as such", () => {
    const turned = { initiator: "10.10.1.10", responder: "10.20.1.10", initiatorPort: 502, port: 40000 };
    expect(ends(session(turned))).toBe(true);
    expect(isHeldBackwards(program(enforced), session(turned))).toBe(true);
    // The other way round, somebody else's, and another service of the same pair are what they seem.
    expect(isHeldBackwards(program(enforced), session({ initiator: "10.20.1.10" }))).toBe(false);
    expect(isHeldBackwards(program(enforced), session({ ...turned, responder: "10.20.1.66" }))).toBe(false);
    expect(isHeldBackwards(program(enforced), session({ ...turned, initiatorPort: 22 }))).toBe(false);
  });

  test("ends when only its answers are dropped", () => {
    const oneWay = program(enforced);
    const chains = new Map(oneWay.chains);
    chains.set("conduit", chains.get("conduit")!.toSpliced(1, 1));
    const after = { ...oneWay, chains };
    const step = { before: passAll, after, carried: carriedBy(enforced.pairs) };
    const permitted = session({ initiator: "10.20.1.10" });
    expect(sessionsEnded(step, [permitted])).toHaveLength(1);
    expect(sessionsEnded(step, [{ ...permitted, answered: false }])).toHaveLength(0);
  });

  test("is no matter of the step when monitor is entered, when it was dropped before, or in another conduit", () => {
    expect(ends(session(), conduitRules("monitor"), passAll)).toBe(false);
    expect(ends(session(), enforced, program(enforced))).toBe(false);
    expect(ends(session({ responder: "10.99.1.10" }))).toBe(false);
  });

  test("of ICMP is judged by its type, in both directions", () => {
    const ping = { port: undefined, initiatorPort: undefined, protocol: 1, icmpType: 8 };
    const permit = tcpPermit("ping", "10.20.1.66", "10.10.1.10");
    const boxes = permit.boxes.map((box) => ({
      ...box,
      service: { kind: "icmp", family: 4, type: 8 } as const,
    }));
    expect(ends(session(ping), conduitRules("enforce", [{ ...permit, boxes }]))).toBe(false);
    expect(ends(session({ ...ping, icmpType: 13 }), conduitRules("enforce", [{ ...permit, boxes }]))).toBe(
      true,
    );
  });
});

test("sessions of one flow are told together: the oldest, the last that spoke, all that they carried", () => {
  const all = [
    session({ age: 60, idle: 5, packets: 10 }),
    session({ initiatorPort: 40001, age: 7200, idle: 1, packets: 1 }),
    session({ port: 22 }),
  ];
  expect(sessionsByFlow(all)).toEqual([
    {
      flow: { family: 4, initiator: "10.20.1.66", responder: "10.10.1.10", protocol: 6, port: 502 },
      ...{ sessions: 2, age: 7200, idle: 1, packets: 11 },
    },
    {
      flow: { family: 4, initiator: "10.20.1.66", responder: "10.10.1.10", protocol: 6, port: 22 },
      sessions: 1,
    },
  ]);
});
