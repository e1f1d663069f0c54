import { flowKey } from "../../baseline/aggregate.ts";
import { ownDirection } from "../../baseline/direction.ts";
import type { BaselineFlow, Flow } from "../../baseline/flow.ts";
import type { Places } from "../../baseline/propose/places.ts";
import { conversationOf } from "../../baseline/sources/record.ts";
import { isClientPort } from "../../net/client-port.ts";
import type { LiveSession } from "../../target.ts";
import type { Sighting } from "./merge.ts";

/**
 * The sessions that cross from one zone to another and are open now, as sightings. A firewall tells who sent first since
 * it knows the session; a port of a known service says more. Packets are counted for a flow that nothing else counts:
 * counters of a session are its own, and are not those of the next.
 */
export function sessionSightings(
  sessions: readonly LiveSession[],
  { zoneOf }: Places,
  known: ReadonlySet<string>,
  now: number,
): readonly Sighting[] {
  return sessions.flatMap((session): readonly Sighting[] => {
    const [from, to] = [zoneOf(session.initiator), zoneOf(session.responder)];
    if (from === undefined || to === undefined || from === to) return [];
    const sighting = sightingOf(session, now);
    if (sighting === undefined) return [];
    return known.has(flowKey(sighting.flow)) ? [{ ...sighting, packets: 0, connections: 0 }] : [sighting];
  });
}

function sightingOf(session: LiveSession, now: number): Sighting | undefined {
  const time = now - (session.idle ?? 0);
  const talk = conversationOf({
    source: session.initiator,
    destination: session.responder,
    protocol: session.protocol,
    sourcePort: session.initiatorPort,
    destinationPort: session.port,
    icmpType: session.icmpType,
    first: time,
    last: time,
    sent: { packets: session.packets ?? 0, bytes: 0 },
    received: { packets: session.answered ? 1 : 0, bytes: 0 },
    spoke: { source: true, destination: session.answered },
  });
  if (!("a" in talk)) return undefined;
  const direction = ownDirection(talk) ?? { initiator: talk.a, ...byPorts(session) };
  const responder = direction.initiator === talk.a ? talk.b : talk.a;
  const { family, protocol, icmpType } = talk;
  const flow: Flow = {
    ...{ family, initiator: direction.initiator.address, responder: responder.address, protocol },
    ...(session.port !== undefined && { port: responder.port }),
    ...(icmpType !== undefined && { icmpType }),
  };
  const { evidence, confidence } = direction;
  const counts = { connections: 1, packets: session.packets ?? 0 };
  return { flow, ...counts, last: time, answered: session.answered, evidence, confidence };
}

const byPorts = ({ initiatorPort, port }: LiveSession): Pick<BaselineFlow, "evidence" | "confidence"> =>
  isClientPort(initiatorPort) && !isClientPort(port)
    ? { evidence: "ephemeral", confidence: 0.7 }
    : { evidence: "guess", confidence: 0.4 };
