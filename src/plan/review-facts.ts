import { z } from "zod";
import { askedBy } from "../baseline/asked.ts";
import { type CountedCycle, coverage, defaultCycle } from "../baseline/coverage/coverage.ts";
import type { Baseline } from "../baseline/flow.ts";
import type { ConduitRules, Stage } from "../compile/ir.ts";
import { zonePairs } from "../compile/lower.ts";
import { requestsOf } from "../compile/policy-program.ts";
import { covers, formatRange, parseAddress } from "../net/address.ts";
import { requestIndex } from "../net/request-index.ts";
import { formatService } from "../net/service.ts";
import type { Conduit, FlowSet, Site } from "../policy/model.ts";
import { conduitRulesDocument, conduitRulesSchema } from "./rules-document.ts";

const id = z.string();
const names = z.array(z.string());
const flowSet = { id, initiators: names, responders: names, services: names, reason: z.string() };

/**
 * What a reviewer is shown beside the bytes of a plan: the plant in its own names, the decisions of the conduit, and
 * what becomes of every flow that was observed between its zones.
 */
export const reviewFactsSchema = z.strictObject({
  zones: z.array(
    z.strictObject({
      id,
      description: z.string().optional(),
      level: z.int(),
      slTarget: z.int(),
      networks: names,
      assets: z.array(z.strictObject({ id, addresses: names, role: z.string().optional() })),
    }),
  ),
  conduits: z.array(z.strictObject({ id, zones: z.tuple([id, id]), firewalls: names })),
  permits: z.array(
    z.strictObject({
      ...flowSet,
      owner: z.string().optional(),
      evidence: z.string().optional(),
      critical: z.boolean(),
      expires: z.string().optional(),
    }),
  ),
  denials: z.array(z.strictObject(flowSet)),
  /** What the firewall held for this conduit before; absent when it held nothing. */
  before: conduitRulesSchema.optional(),
  /** Where the baseline comes from. */
  sources: z.array(
    z.strictObject({
      name: z.string(),
      sha256: z.string(),
      firstSeen: z.string().optional(),
      lastSeen: z.string().optional(),
      unit: z.enum(["packets", "lines", "records"]),
      read: z.int(),
      used: z.int(),
    }),
  ),
  /** Observed between the two zones and routable, with whether requests pass before and after the change. */
  flows: z.array(
    z.strictObject({
      initiator: z.string(),
      responder: z.string(),
      protocol: z.int(),
      port: z.int().optional(),
      icmpType: z.int().optional(),
      connections: z.int(),
      packets: z.int(),
      lastSeen: z.string().optional(),
      answered: z.boolean(),
      before: z.enum(["passes", "dropped"]),
      after: z.enum(["passes", "dropped"]),
      /** The permit or the denial that decides about it; neither where nobody decided. */
      permit: id.optional(),
      denial: id.optional(),
    }),
  ),
  /** How complete the observation of the conduit is, counted in each of the site's production cycles, or in days. */
  coverage: z
    .array(
      z.strictObject({
        cycle: z.string(),
        /** The site file names no cycle. */
        assumed: z.literal(true).optional(),
        cycles: z.int(),
        coverage: z.number(),
        unseen: z.number(),
        quiet: z.int(),
        novelty: z.number(),
        /** Flows known after each observed cycle. */
        discovery: z.array(z.int()),
        open: z.array(z.strictObject({ text: z.string(), remedy: z.string() })),
      }),
    )
    .optional(),
  /** Addresses from which the firewall is managed, as the site file has them. */
  management: names,
});

export type ReviewFacts = z.output<typeof reviewFactsSchema>;
export type ReviewFactsDocument = z.input<typeof reviewFactsSchema>;
export type ReviewedFlow = ReviewFacts["flows"][number];

/** A change as its reviewer must see it. */
export interface ReviewSubject {
  readonly site: Site;
  readonly conduit: Conduit;
  readonly firewall: string;
  readonly to: Stage;
  /** The conduit's rules that run now; undefined when none do. */
  readonly before: ConduitRules | undefined;
  readonly baseline: Baseline | undefined;
}

/** Gathers what a reviewer is shown of a change. */
export function reviewFacts(subject: ReviewSubject): ReviewFactsDocument {
  const { site, conduit, before, baseline } = subject;
  return {
    zones: site.zones.map((zone) => ({
      id: zone.id,
      ...(zone.description !== undefined && { description: zone.description }),
      level: zone.level,
      slTarget: zone.slTarget,
      networks: zone.networks.map(formatRange),
      assets: zone.assets.map((asset) => ({
        id: asset.id,
        addresses: asset.addresses.map(formatRange),
        ...(asset.role !== undefined && { role: asset.role }),
      })),
    })),
    conduits: site.conduits.map(({ id, zones, firewalls }) => ({
      id,
      zones: [...zones],
      firewalls: [...firewalls],
    })),
    permits: conduit.permits.map((permit) => ({
      ...flowSetFacts(permit),
      critical: permit.critical,
      ...(permit.owner !== undefined && { owner: permit.owner }),
      ...(permit.evidence !== undefined && { evidence: permit.evidence }),
      ...(permit.expires !== undefined && { expires: permit.expires }),
    })),
    denials: conduit.denials.map(flowSetFacts),
    ...(before && { before: conduitRulesDocument(before) }),
    sources: (baseline?.sources ?? []).map(({ name, sha256, firstSeen, lastSeen, accounting }) => ({
      ...{ name, sha256, unit: accounting.unit, read: accounting.read, used: accounting.used },
      ...(firstSeen !== undefined && { firstSeen }),
      ...(lastSeen !== undefined && { lastSeen }),
    })),
    flows: baseline ? reviewedFlows(subject, baseline) : [],
    ...(baseline && { coverage: coverageFacts(subject, baseline) }),
    management: (site.firewalls.find((one) => one.id === subject.firewall)?.management ?? []).map(
      formatRange,
    ),
  };
}

const flowSetFacts = (set: FlowSet & { readonly id: string }) => ({
  id: set.id,
  initiators: [...(set.written?.initiators ?? set.initiators.map(formatRange))],
  responders: [...(set.written?.responders ?? set.responders.map(formatRange))],
  services: [...(set.written?.services ?? set.services.map(formatService))],
  reason: set.reason,
});

const coverageFacts = (
  { site, conduit }: ReviewSubject,
  baseline: Baseline,
): NonNullable<ReviewFactsDocument["coverage"]> => {
  const { cycles: named = [] } = site;
  return (named.length === 0 ? [defaultCycle(site)] : named).map((cycle: CountedCycle) => {
    const found = coverage([baseline], site, cycle).conduits.find(({ id }) => id === conduit.id)!;
    const { cycles, coverage: share, unseen, quiet, novelty, discovery } = found.estimate;
    return {
      ...{ cycle: cycle.id, cycles, coverage: share, unseen, quiet, novelty },
      ...(cycle.isAssumed === true && { assumed: true }),
      discovery: [...discovery],
      open: found.terms.filter(({ met }) => !met).map(({ text, remedy }) => ({ text, remedy })),
    };
  });
};

function reviewedFlows(subject: ReviewSubject, baseline: Baseline): ReviewFactsDocument["flows"] {
  const { site, conduit, before, to } = subject;
  const pairs = zonePairs(site, conduit);
  const permitted = requestIndex(conduit.permits.flatMap(requestsOf));
  const denied = requestIndex(conduit.denials.flatMap(requestsOf));
  const admittedBefore = requestIndex((before?.permits ?? []).flatMap(({ boxes }) => boxes));
  return baseline.flows.flatMap((flow) => {
    const [source, destination] = [parseAddress(flow.initiator), parseAddress(flow.responder)];
    const crosses = pairs.some(
      ({ left, right }) =>
        (covers(left, source) && covers(right, destination)) ||
        (covers(right, source) && covers(left, destination)),
    );
    if (flow.notRoutable !== undefined || !crosses) return [];
    const asked = askedBy(flow);
    const permit = permitted(asked)[0]?.label;
    const denial = permit === undefined ? denied(asked)[0]?.label : undefined;
    const passedBefore = before?.stage !== "enforce" || admittedBefore(asked).length > 0;
    const passesAfter = to === "monitor" || permit !== undefined;
    const { initiator, responder, protocol, port, icmpType, connections, packets, lastSeen, answered } = flow;
    return {
      ...{ initiator, responder, protocol, connections, packets, answered },
      ...(port !== undefined && { port }),
      ...(icmpType !== undefined && { icmpType }),
      ...(lastSeen !== undefined && { lastSeen }),
      before: passedBefore ? "passes" : "dropped",
      after: passesAfter ? "passes" : "dropped",
      ...(permit !== undefined && { permit }),
      ...(denial !== undefined && { denial }),
    };
  });
}
