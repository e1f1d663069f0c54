import type { Flow } from "../baseline/flow.ts";
import type { Request } from "../compile/conduit-program.ts";
import { parseAddress } from "../net/address.ts";
import type { Service } from "../net/service.ts";

/** What the author of a plan accepts by name although it speaks against enforcing; whoever approves the plan signs it. */
export interface Acceptance {
  readonly subject: "coverage" | "recorded";
  /** What is accepted, as it is shown. */
  readonly text: string;
  readonly reason: string;
  /** Of a recorded flow that nobody decided about. */
  readonly flow?: Flow;
}

/** An acceptance as it was asked for: the name of what stands open, and why it is accepted. */
export interface AcceptanceOrder {
  readonly name: string;
  readonly reason: string;
}

/** The name by which a baseline that has not seen enough is accepted. */
export const coverageName = "coverage";

export const isFor = ({ subject, text }: Acceptance, name: string): boolean =>
  subject === "coverage" ? name === coverageName : name === text;

/** How to go on all the same, in the words of the command line. */
export const acceptHint = (name: string): string =>
  `to go on all the same, accept it in the plan, which its approvers then sign: --accept "${name}=REASON"`;

/** An accepted flow as a decision about it; it is labelled with the person who accepted it. */
export function acceptedRequest({ flow }: Acceptance, author: string): readonly Request[] {
  if (flow === undefined) return [];
  const span = { file: "the plan", line: 1, column: 1, length: 1 };
  const [source, destination] = [parseAddress(flow.initiator), parseAddress(flow.responder)];
  return [{ source, destination, service: serviceOf(flow), span, label: author }];
}

function serviceOf({ family, protocol, port, icmpType }: Flow): Service {
  if (port !== undefined) return { kind: "ports", protocol, from: port, to: port };
  if (icmpType !== undefined) return { kind: "icmp", family, type: icmpType };
  return { kind: "protocol", protocol };
}
