import type { ConduitRules, PermitRules } from "../../src/compile/ir.ts";
import { type AddressRange, parseAddress } from "../../src/net/address.ts";
import { icmpProtocol } from "../../src/net/protocol.ts";
import type { Service } from "../../src/net/service.ts";
import { protocolNumber } from "./pf/names.ts";
import type { PfState } from "./states.ts";

/**
 * The states between the two zones that the permits would not admit. pf matches a state before any rule, so a session
 * that was open before goes on under enforcement until its state is cut. Both of the states that a forwarded session
 * has name the same request, and both are cut.
 */
export const statesToCut = (states: readonly PfState[], rules: ConduitRules): readonly PfState[] =>
  states.filter((state) => isBetween(state, rules) && !rules.permits.some((permit) => admits(permit, state)));

const isBetween = (state: PfState, { pairs }: ConduitRules): boolean =>
  pairs.some(
    ({ left, right }) =>
      (holds(left, state.source) && holds(right, state.destination)) ||
      (holds(right, state.source) && holds(left, state.destination)),
  );

const admits = ({ boxes }: PermitRules, state: PfState): boolean =>
  boxes.some(
    (box) =>
      holds(box.source, state.source) &&
      holds(box.destination, state.destination) &&
      carries(box.service, state),
  );

/** pf does not list the type of an ICMP state; such a state lives for seconds, and stays when any type is admitted. */
function carries(service: Service, state: PfState): boolean {
  const protocol = protocolNumber(state.protocol);
  switch (service.kind) {
    case "any":
      return true;
    case "icmp":
      return service.family === state.family && protocol === icmpProtocol(state.family);
    case "protocol":
      return protocol === service.protocol;
    case "ports":
      return (
        protocol === service.protocol &&
        state.destinationPort !== undefined &&
        service.from <= state.destinationPort &&
        state.destinationPort <= service.to
      );
  }
}

function holds(range: AddressRange, address: string): boolean {
  const { family, from } = parseAddress(address);
  return range.family === family && range.from <= from && from <= range.to;
}
