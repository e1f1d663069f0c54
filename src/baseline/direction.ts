import { firstClientPort } from "../net/client-port.ts";
import { knownService } from "../net/known-services.ts";
import { portProtocols } from "../net/protocol.ts";
import { type Conversation, otherParty, type Party } from "./conversation.ts";
import type { DirectionEvidence } from "./flow.ts";
import { isGroup } from "./routable.ts";

/** Who asked, what says so, and how sure that is, from 0 to 1. */
export interface Direction {
  readonly initiator: Party;
  readonly evidence: DirectionEvidence;
  readonly confidence: number;
}

/**
 * The direction, where the conversation decides it by itself: an opening, the log's correction, a group address as
 * the receiver, or a port of a known service at one end only.
 */
export function ownDirection(talk: Conversation): Direction | undefined {
  const { opener, a, b } = talk;
  if (opener !== undefined) {
    return { initiator: opener.party, evidence: opener.by, confidence: opener.by === "log" ? 0.95 : 1 };
  }
  const toGroup = talk.broadcast || isGroup(b.address);
  if (toGroup || isGroup(a.address)) return { initiator: toGroup ? a : b, evidence: "group", confidence: 1 };
  const [aKnown, bKnown] = [a, b].map((end) => knownService(talk.protocol, end.port) !== undefined);
  if (aKnown === bKnown) return undefined;
  const [initiator, responder] = aKnown ? [b, a] : [a, b];
  // Some services (44818, 47808) live where hosts also take temporary ports.
  return { initiator, evidence: "known-port", confidence: responder.port < firstClientPort ? 0.9 : 0.75 };
}

/** Who else uses an end's port: evidence that one conversation alone does not hold. */
export interface PortUse {
  /** Ends (address and port) that talked with this end. */
  peers(protocol: number, end: Party): number;
  /** Addresses that used this port number. */
  addresses(protocol: number, port: number): number;
  /** Other conversations proved that this end listens. */
  listens(protocol: number, end: Party): boolean;
}

/** The direction of a conversation that does not decide it by itself. */
export function comparedDirection(talk: Conversation, use: PortUse): Direction {
  return sharedPort(talk, use) ?? ephemeralPort(talk) ?? firstSender(talk);
}

function sharedPort(talk: Conversation, use: PortUse): Direction | undefined {
  const { protocol, a, b } = talk;
  // Ends with equal ports (BACnet, NTP peers): a poller that uses one port for all would look like the responder.
  if (!portProtocols.has(protocol) || a.port === b.port) return undefined;
  const [aListens, bListens] = [use.listens(protocol, a), use.listens(protocol, b)];
  if (aListens !== bListens)
    return { initiator: aListens ? b : a, evidence: "shared-port", confidence: 0.85 };
  const sharing = (end: Party): number =>
    Math.max(use.peers(protocol, end), use.addresses(protocol, end.port));
  const [byA, byB] = [sharing(a), sharing(b)];
  if (byA === byB) return undefined;
  // One port towards many silent ones is what a scan looks like, far more often than a server with unseen clients.
  if (byA > byB && b.packets === 0 && !a.acknowledged) return undefined;
  // A port that three or more share against one used once is hardly chance.
  const confidence = Math.max(byA, byB) >= 3 && Math.min(byA, byB) === 1 ? 0.8 : 0.6;
  return { initiator: byA > byB ? b : a, evidence: "shared-port", confidence };
}

const portRank = (port: number): number => (port < 1024 ? 0 : port < firstClientPort ? 1 : 2);

function ephemeralPort({ protocol, a, b }: Conversation): Direction | undefined {
  const [rankA, rankB] = [portRank(a.port), portRank(b.port)];
  if (!portProtocols.has(protocol) || rankA === rankB) return undefined;
  return {
    initiator: rankA > rankB ? a : b,
    evidence: "ephemeral",
    confidence: Math.min(rankA, rankB) === 0 ? 0.7 : 0.6,
  };
}

/**
 * In a capture that started in the middle, who sent first is little better than chance; that the same end started
 * again after each silence says more.
 */
function firstSender(talk: Conversation): Direction {
  const oneWay = otherParty(talk, talk.a).packets === 0;
  const confidence = talk.connections >= 3 ? 0.6 : oneWay ? 0.5 : 0.4;
  return { initiator: talk.a, evidence: "guess", confidence };
}
