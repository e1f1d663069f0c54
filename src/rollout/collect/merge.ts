import { compareFlows, flowKey } from "../../baseline/aggregate.ts";
import type { BaselineFlow, Flow } from "../../baseline/flow.ts";
import { notePresence, type Presence, stretchesOf } from "../../baseline/presence.ts";
import { notRoutable } from "../../baseline/routable.ts";
import { instant } from "../../baseline/time.ts";

/** What one reading saw of a flow. */
export interface Sighting extends Pick<BaselineFlow, "evidence" | "confidence" | "answered" | "cadence"> {
  readonly flow: Flow;
  readonly connections: number;
  readonly packets: number;
  /** When it was last seen, in seconds since 1970. */
  readonly last: number;
}

/** Adds what a reading saw to the flows of a baseline. */
export function withSightings(
  flows: readonly BaselineFlow[],
  sightings: readonly Sighting[],
): readonly BaselineFlow[] {
  const byKey = new Map(flows.map((flow) => [flowKey(flow), flow]));
  for (const sighting of sightings) {
    const key = flowKey(sighting.flow);
    byKey.set(key, together(byKey.get(key), sighting));
  }
  return [...byKey.values()].sort(compareFlows);
}

function together(before: BaselineFlow | undefined, seen: Sighting): BaselineFlow {
  const time = instant(seen.last)!;
  const stretches: Presence = (before?.presence ?? []).flat();
  notePresence(stretches, seen.last);
  const answered = seen.answered || (before?.answered ?? false);
  const { evidence, confidence } = before && before.confidence >= seen.confidence ? before : seen;
  const unroutable = notRoutable({ ...seen.flow, broadcast: before?.notRoutable === "broadcast", answered });
  const rhythm = seen.cadence ?? before?.cadence;
  return {
    ...seen.flow,
    connections: (before?.connections ?? 0) + seen.connections,
    packets: (before?.packets ?? 0) + seen.packets,
    // A firewall's record counts packets.
    bytes: before?.bytes ?? 0,
    firstSeen: before?.firstSeen !== undefined && before.firstSeen < time ? before.firstSeen : time,
    lastSeen: before?.lastSeen !== undefined && before.lastSeen > time ? before.lastSeen : time,
    evidence,
    confidence,
    answered,
    ...(unroutable === undefined ? {} : { notRoutable: unroutable }),
    ...(rhythm === undefined ? {} : { cadence: rhythm }),
    presence: stretchesOf(stretches),
  };
}
