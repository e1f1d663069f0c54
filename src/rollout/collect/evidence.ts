import type { BaselineFlow, DirectionEvidence, Flow } from "../../baseline/flow.ts";
import { isGroup } from "../../baseline/routable.ts";
import { isClientPort } from "../../net/client-port.ts";
import { knownService } from "../../net/known-services.ts";
import { icmpProtocol, protocolNumbers } from "../../net/protocol.ts";

type Evidence = Pick<BaselineFlow, "evidence" | "confidence">;

/**
 * What says that the source of a record's entry is the one who asks. The record keeps the responder's port only, so that
 * what was picked up midway is judged by that port.
 */
export function recordEvidence(flow: Flow, openings: number | undefined): Evidence {
  if ((openings ?? 0) > 0) return found("syn", 1);
  if (flow.protocol === icmpProtocol(flow.family)) return found("icmp", 1);
  if (isGroup(flow.responder)) return found("group", 1);
  const { protocol, port } = flow;
  if (port === undefined) return found("guess", 0.5);
  if (knownService(protocol, port) !== undefined) return found("known-port", 0.9);
  // Towards a port that clients take, a TCP session without its opening is as likely the answer of one.
  if (isClientPort(port)) return found("guess", protocol === protocolNumbers.tcp ? 0.2 : 0.4);
  return found("ephemeral", 0.6);
}

/** A permit's request counter counts only what asks as the permit says, by the firewall's connection tracking. */
export const permitEvidence: Evidence = { evidence: "log", confidence: 0.95 };

const found = (evidence: DirectionEvidence, confidence: number): Evidence => ({ evidence, confidence });
