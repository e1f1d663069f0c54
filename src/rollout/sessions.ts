import { flowKey } from "../baseline/aggregate.ts";
import type { Flow } from "../baseline/flow.ts";
import { flowText } from "../baseline/propose/question.ts";
import { carriedBy, passAll, rulesProgram } from "../compile/conduit-program.ts";
import { evaluate, matches } from "../compile/evaluate.ts";
import type { ConduitRules } from "../compile/ir.ts";
import type { Cube, Program } from "../compile/program.ts";
import { parseAddress } from "../net/address.ts";
import type { Packet } from "../net/packet.ts";
import { icmpReplyType } from "../net/protocol.ts";
import type { PlanContent } from "../plan/plan.ts";
import type { OpenSessions } from "../policy/model.ts";
import type { Driver, LiveSession } from "../target.ts";

/** What a step does to our part of a firewall, as far as sessions that are open already can tell. */
export interface Step {
  /** Undefined where it cannot be read: then everything is taken to pass now. */
  readonly before: Program | undefined;
  readonly after: Program;
  /** The packets that the step is about. */
  readonly carried: readonly Cube[];
}

/** What becomes of the sessions that are open now, for a plan; or why it cannot be done. */
export async function planSessions(
  wanted: OpenSessions,
  { before, after, carried }: Omit<Step, "after"> & { readonly after: Program | undefined },
  driver: Driver,
  nameOf: (address: string) => string,
): Promise<NonNullable<PlanContent["sessions"]> | string> {
  const mode = { mode: wanted.mode, ...(wanted.mode === "drain" && { drain: wanted.seconds }) };
  const listed = await driver.sessions();
  if (wanted.mode === "cut" && !(listed.kind === "listed" && listed.endable)) {
    return listed.kind === "listed"
      ? 'the host cannot end single sessions, as "sessions: cut" wants it: install the package conntrack (conntrack-tools)'
      : `open sessions are to be cut: ${listed.reason}`;
  }
  if (listed.kind === "not-listed") return { ...mode, listing: listed };
  const { sessions, unread } = listed;
  if (!after) {
    const reason = "the rules could not be read back to judge them by";
    return { ...mode, listing: { kind: "not-listed", reason } };
  }
  const [backwards, denied]: [LiveSession[], LiveSession[]] = [[], []];
  for (const session of sessionsEnded({ before, after, carried }, sessions)) {
    if (isHeldBackwards(after, session)) backwards.push(turnedRound(session));
    else denied.push(session);
  }
  const ended = [
    ...sessionsByFlow(backwards).map((one) => ({ ...one, backwards: true as const })),
    ...sessionsByFlow(denied),
  ].map((one) => ({ ...one, text: flowText(one.flow, nameOf) }));
  return { ...mode, listing: { kind: "listed", known: sessions.length, unread, ended } };
}

/**
 * Ends the sessions that confirmed rules do not admit. Their packets are dropped already; what ends is the memory of
 * them, which a rollback would revive. Resolves with how many there were, or with why it is not known.
 */
export async function cutSessions(driver: Driver, rules: ConduitRules): Promise<number | string> {
  const listed = await driver.sessions();
  if (listed.kind === "not-listed") return listed.reason;
  const span = { file: "", line: 1, column: 1, length: 1 };
  const step = { before: passAll, after: rulesProgram(rules, span), carried: carriedBy(rules.pairs) };
  const ended = sessionsEnded(step, listed.sessions);
  return ended.length === 0 ? 0 : driver.endSessions(ended);
}

const passes = (program: Program, packets: readonly Packet[]): boolean =>
  packets.every((packet) => evaluate(program, packet).verdict === "accept");

/** The sessions that pass now and that a step drops, in either direction. */
export function sessionsEnded(step: Step, sessions: readonly LiveSession[]): readonly LiveSession[] {
  // Nothing asks for the port of the client, so sessions of one flow share one answer.
  const known = new Map<string, boolean>();
  return sessions.filter((session) => {
    const key = [flowKey(session), session.icmpCode, session.answered].join(" ");
    const found = known.get(key);
    if (found !== undefined) return found;
    const packets = packetsOf(session);
    const ends =
      step.carried.some((cube) => matches(cube, packets[0]!)) &&
      (!step.before || passes(step.before, packets)) &&
      !passes(step.after, packets);
    known.set(key, ends);
    return ends;
  });
}

/**
 * Whether rules admit a session that the firewall holds the wrong way round: its state was lost (a restart), and it was
 * picked up from an answer. What its client asks then counts as answers, which no permit admits.
 */
export const isHeldBackwards = (after: Program, session: LiveSession): boolean =>
  session.port !== undefined &&
  session.initiatorPort !== undefined &&
  passes(after, packetsOf(turnedRound(session)));

const turnedRound = (session: LiveSession): LiveSession => ({
  ...session,
  ...{ initiator: session.responder, responder: session.initiator },
  ...{ initiatorPort: session.port, port: session.initiatorPort },
});

/** The request, and the reply where there has been one: a session works when both pass. */
function packetsOf(session: LiveSession): readonly [Packet, ...Packet[]] {
  const { family, protocol, port, icmpType } = session;
  const [source, destination] = [parseAddress(session.initiator).from, parseAddress(session.responder).from];
  const [client, code] = [session.initiatorPort ?? 40_000, session.icmpCode ?? 0];
  const request: Packet = {
    ...{ family, state: "original", source, destination, protocol },
    ...(port !== undefined && { sourcePort: client, destinationPort: port }),
    ...(icmpType !== undefined && { icmpType, icmpCode: code }),
  };
  if (!session.answered) return [request];
  const answer = icmpType === undefined ? undefined : icmpReplyType(family, icmpType);
  const reply: Packet = {
    ...{ family, state: "reply", source: destination, destination: source, protocol },
    ...(port !== undefined && { sourcePort: port, destinationPort: client }),
    ...(answer !== undefined && { icmpType: answer, icmpCode: code }),
  };
  return [request, reply];
}

/** The sessions of one flow, for a reader. */
export interface FlowSessions {
  readonly flow: Flow;
  readonly sessions: number;
  /** Of the oldest, and of the one that spoke last; in seconds, where the firewall knows. */
  readonly age?: number;
  readonly idle?: number;
  /** Of all, where the firewall counts them. */
  readonly packets?: number;
}

/** Sessions by flow: those that carry most first, and then by who asks whom. */
export function sessionsByFlow(sessions: readonly LiveSession[]): readonly FlowSessions[] {
  const flows = new Map<string, LiveSession[]>();
  for (const session of sessions) {
    const key = `${session.family} ${flowKey(session)}`;
    const list = flows.get(key);
    if (list) list.push(session);
    else flows.set(key, [session]);
  }
  return [...flows]
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([, list]): FlowSessions => {
      const { family, initiator, responder, protocol, port, icmpType } = list[0]!;
      const numbers = (name: "age" | "idle" | "packets"): readonly number[] =>
        list.flatMap((one) => one[name] ?? []);
      const [ages, idles, counts] = [numbers("age"), numbers("idle"), numbers("packets")];
      return {
        flow: {
          ...{ family, initiator, responder, protocol },
          ...(port !== undefined && { port }),
          ...(icmpType !== undefined && { icmpType }),
        },
        sessions: list.length,
        ...(ages.length > 0 && { age: Math.max(...ages) }),
        ...(idles.length > 0 && { idle: Math.min(...idles) }),
        ...(counts.length > 0 && { packets: counts.reduce((sum, count) => sum + count, 0) }),
      };
    })
    .toSorted((one, other) => (other.packets ?? 0) - (one.packets ?? 0));
}
