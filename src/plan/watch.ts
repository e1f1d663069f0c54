import { askedBy } from "../baseline/asked.ts";
import type { Baseline, BaselineFlow, Flow } from "../baseline/flow.ts";
import type { ConduitRules } from "../compile/ir.ts";
import { requestsOf } from "../compile/policy-program.ts";
import { requestIndex } from "../net/request-index.ts";
import type { Conduit, Permit } from "../policy/model.ts";
import { flowsToKeep, type ObservedFlow } from "../verify/claims/observed.ts";
import type { PlanContent } from "./plan.ts";

/**
 * What a trial of these rules is watched for. In monitor nothing is dropped, so only enforcement expects flows.
 */
export function watchOf(
  conduit: Conduit,
  rules: ConduitRules,
  baseline: Baseline | undefined,
): PlanContent["watch"] {
  const kept = baseline ? flowsToKeep(baseline, conduit, rules.pairs) : [];
  const flowsOf = createFlowsOf(conduit, kept);
  return {
    expected: rules.stage === "enforce" ? kept.map(({ flow }) => keyOf(flow)) : [],
    heartbeats: conduit.permits
      .filter((permit) => permit.critical)
      .flatMap((permit) =>
        heartbeatsOf(
          permit,
          flowsOf(permit),
          conduit.exercises?.find(({ permits }) => permits.includes(permit.id))?.id,
        ),
      ),
    rates: conduit.permits.flatMap((permit) => {
      const perMinute = rateOf(flowsOf(permit));
      return perMinute === undefined ? [] : [{ permit: permit.id, perMinute }];
    }),
    reconnects: conduit.permits.filter((permit) => permit.reconnectRequired).map(({ id }) => id),
  };
}

/**
 * Each flow of a permit whose rhythm is known is heard by itself: summed over the permit, one that died would hide behind
 * the others. A permit of which no rhythm is known is heard as a whole, and nobody knows how often.
 */
function heartbeatsOf(
  { id, silence }: Permit,
  flows: readonly BaselineFlow[],
  exercise: string | undefined,
): readonly PlanContent["watch"]["heartbeats"][number][] {
  const known = flows.flatMap((flow) => {
    const deadline = silence ?? flow.cadence?.silenceDeadline;
    return deadline === undefined ? [] : [{ permit: id, flow: keyOf(flow), deadline }];
  });
  if (known.length > 0) return known;
  if (silence !== undefined) return [{ permit: id, deadline: silence }];
  return [{ permit: id, ...(exercise !== undefined && { exercise }) }];
}

/** Shorter than this, in seconds, an observation says nothing of a rate. */
const shortest = 60;

/** Packets a minute over the time in which the flows were seen; undefined where that is too short. */
function rateOf(flows: readonly BaselineFlow[]): number | undefined {
  const times = flows.flatMap(({ firstSeen, lastSeen }) =>
    firstSeen === undefined || lastSeen === undefined ? [] : [Date.parse(firstSeen), Date.parse(lastSeen)],
  );
  const span = times.length === 0 ? 0 : (Math.max(...times) - Math.min(...times)) / 1000;
  const packets = flows.reduce((sum, flow) => sum + flow.packets, 0);
  return span < shortest || packets === 0 ? undefined : Number(((60 * packets) / span).toPrecision(6));
}

const keyOf = ({ family, initiator, responder, protocol, port, icmpType }: BaselineFlow): Flow => ({
  family,
  initiator,
  responder,
  protocol,
  ...(port === undefined ? {} : { port }),
  ...(icmpType === undefined ? {} : { icmpType }),
});

/** Gives the flows of a permit, in their order. A flow finds its permits: a permit may name a whole network of flows. */
function createFlowsOf(
  { permits }: Conduit,
  kept: readonly ObservedFlow[],
): (permit: Permit) => readonly BaselineFlow[] {
  const permitsOf = requestIndex(permits.flatMap(requestsOf));
  const flows = new Map<string, BaselineFlow[]>(permits.map(({ id }) => [id, []]));
  for (const { flow } of kept)
    for (const id of new Set(permitsOf(askedBy(flow)).map(({ label }) => label!))) flows.get(id)!.push(flow);
  return ({ id }) => flows.get(id)!;
}
