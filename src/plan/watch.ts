import type { Baseline, BaselineFlow, Flow } from "../baseline/flow.ts";
import { servesFlow } from "../baseline/propose/service-name.ts";
import type { ConduitRules } from "../compile/ir.ts";
import { type AddressRange, covers, parseAddress } from "../net/address.ts";
import type { Conduit, Permit } from "../policy/model.ts";
import { flowsToKeep } from "../verify/claims/observed.ts";
import type { PlanContent } from "./plan.ts";

/**
 * What a trial of these rules is watched for. In monitor nothing is dropped, so only enforcement expects flows; a
 * critical permit is heard as often as the shortest silence deadline of its observed flows.
 */
export function watchOf(
  conduit: Conduit,
  rules: ConduitRules,
  baseline: Baseline | undefined,
): PlanContent["watch"] {
  const kept = baseline ? flowsToKeep(baseline, conduit, rules.pairs).map(({ flow }) => flow) : [];
  return {
    expected: rules.stage === "enforce" ? kept.map(keyOf) : [],
    heartbeats: conduit.permits
      .filter((permit) => permit.critical)
      .map((permit) => {
        const deadlines = kept
          .filter((flow) => isOf(permit, flow))
          .flatMap((flow) => flow.cadence?.silenceDeadline ?? []);
        return { permit: permit.id, ...(deadlines.length > 0 ? { deadline: Math.min(...deadlines) } : {}) };
      }),
  };
}

const keyOf = ({ family, initiator, responder, protocol, port, icmpType }: BaselineFlow): Flow => ({
  family,
  initiator,
  responder,
  protocol,
  ...(port === undefined ? {} : { port }),
  ...(icmpType === undefined ? {} : { icmpType }),
});

const isOf = (permit: Permit, flow: BaselineFlow): boolean =>
  holds(permit.initiators, flow.initiator) &&
  holds(permit.responders, flow.responder) &&
  permit.services.some((service) => servesFlow(service, flow));

const holds = (ranges: readonly AddressRange[], address: string): boolean => {
  const one = parseAddress(address);
  return ranges.some((range) => covers(range, one));
};
