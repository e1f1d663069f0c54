import { parseAddress } from "../../src/net/address.ts";
import type { LiveSession, RecordedFlow } from "../../src/target.ts";
import { readListing } from "./own-state.ts";
import { protocolNumber } from "./pf/names.ts";
import { type End, isAnchor, type PfRule } from "./pf/syntax.ts";
import type { PfState } from "./states.ts";

/**
 * The states of a conduit that its rules, in a text of ours, would not admit. pf matches a state before any rule, so a
 * session that was open before goes on, unrecorded in monitor and unhindered under enforcement, until its state is cut.
 * Both of the states that a forwarded session has name the same request, and both are given.
 * @throws {DriverError} when the text is not understood.
 */
export function unadmittedStates(states: readonly PfState[], text: string): readonly PfState[] {
  const rules = readListing(text).filter((one): one is PfRule => !isAnchor(one));
  const firstDeny = rules.findIndex(({ tagged }) => tagged !== undefined);
  const [permits, rest] = [rules.slice(0, firstDeny), rules.filter(({ tagged }) => tagged !== undefined)];
  return states.filter(
    (state) =>
      rest.some((rule) => isBetween(rule, state)) && !permits.some((permit) => admits(permit, state)),
  );
}

/** States as flows, with the packets that they have carried so far: a forwarded session has two, and counts once. */
export function flowsOf(states: readonly PfState[]): readonly RecordedFlow[] {
  const sessions = new Map<string, PfState>();
  for (const state of states) {
    const { protocol, source, sourcePort, destination, destinationPort, packets } = state;
    const key = [protocol, source, sourcePort, destination, destinationPort].join();
    if (packets >= (sessions.get(key)?.packets ?? 0)) sessions.set(key, state);
  }
  const flows = new Map<string, RecordedFlow>();
  for (const { family, source, destination, protocol, destinationPort, ...counts } of sessions.values()) {
    const number = protocolNumber(protocol) ?? 0;
    const port = number === 6 || number === 17 ? destinationPort : undefined;
    const flow = { family, source, destination, protocol: number, ...(port === undefined ? {} : { port }) };
    const sum = flows.get(JSON.stringify(flow));
    flows.set(JSON.stringify(flow), {
      ...flow,
      packets: (sum?.packets ?? 0) + counts.packets,
      replies: (sum?.replies ?? 0) + counts.replies,
    });
  }
  return [...flows.values()];
}

/**
 * States as sessions, each once: a forwarded session has a state on either side of the firewall. A state of a protocol
 * that is not known is not among them.
 */
export function sessionsOf(states: readonly PfState[]): readonly LiveSession[] {
  const sessions = new Map<string, LiveSession>();
  for (const { source, destination, sourcePort, destinationPort, ...state } of states) {
    const protocol = protocolNumber(state.protocol);
    if (protocol === undefined) continue;
    // Beside an ICMP address stands the identifier of the request.
    const ports =
      protocol === 1 || protocol === 58 ? {} : { initiatorPort: sourcePort, port: destinationPort };
    const name = [protocol, source, sourcePort, destination, destinationPort].join(" ");
    const key = `${state.id}/${state.creator}`;
    sessions.set(name, {
      ...{ family: state.family, initiator: source, responder: destination, protocol, ...ports },
      ...{
        answered: state.answered,
        packets: state.packets,
        ...(state.age !== undefined && { age: state.age }),
      },
      key: [...(sessions.get(name)?.key.split(" ") ?? []), key].join(" "),
    });
  }
  return [...sessions.values()];
}

const isBetween = (rule: PfRule, state: PfState): boolean =>
  (rule.family === "any" || rule.family === state.family) &&
  holds(rule.source, state.source) &&
  holds(rule.destination, state.destination);

/** pf does not list the type of an ICMP state; such a state lives for seconds, and stays when any type is admitted. */
function admits(permit: PfRule, state: PfState): boolean {
  const number = protocolNumber(state.protocol);
  const { ports } = permit.destination;
  return (
    isBetween(permit, state) &&
    (permit.protocols === "any" || permit.protocols.some(({ from }) => from === number)) &&
    (ports === "any" ||
      ports.some(
        ({ from, to }) => from <= (state.destinationPort ?? -1) && (state.destinationPort ?? -1) <= to,
      ))
  );
}

function holds({ addresses }: End, address: string): boolean {
  if (addresses === "any") return true;
  const { family, from } = parseAddress(address);
  return addresses.some((range) => range.family === family && range.from <= from && from <= range.to);
}
