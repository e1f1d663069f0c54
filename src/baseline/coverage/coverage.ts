import type { Conduit, ConduitId, Cycle, Site } from "../../policy/model.ts";
import { flowKey } from "../aggregate.ts";
import type { Baseline, BaselineFlow } from "../flow.ts";
import type { Stretches } from "../presence.ts";
import { type Places, places } from "../propose/places.ts";
import { busyCycles } from "./busy.ts";
import { type CycleCount, cycleCount } from "./cycles.ts";
import { type Estimate, estimate } from "./estimate.ts";
import { type Observed, observedCycles } from "./observed.ts";
import { judge, limitingTerm, type Term } from "./verdict.ts";

/** What completeness is counted in. */
export interface CountedCycle extends Pick<Cycle, "id" | "length" | "phases"> {
  /** The site file names no cycle: nobody said that production repeats itself in this one. */
  readonly isAssumed?: boolean;
}

/** The longest cycle of a site, or a day. */
export const defaultCycle = ({ cycles = [] }: Pick<Site, "cycles">): CountedCycle =>
  cycles.toSorted((x, y) => y.length - x.length)[0] ?? {
    id: "day",
    length: 86_400,
    phases: [],
    isAssumed: true,
  };

/** How complete the observation of one conduit is. */
export interface ConduitCoverage {
  readonly id: ConduitId;
  readonly estimate: Estimate;
  readonly terms: readonly Term[];
  /** Absent when it is ready. */
  readonly limiting?: Term;
}

export interface Coverage {
  readonly cycle: CountedCycle;
  /** How long was observed, in seconds: what comes more rarely shows in no figure. */
  readonly observed: number;
  readonly conduits: readonly ConduitCoverage[];
  /** Answered, routable flows between zones that no conduit joins, or with an end in no zone. */
  readonly elsewhere: number;
  /** Flows without times, or of a baseline from before presence was kept: no cycle can be counted by them. */
  readonly timeless: number;
  /** Flows that the site denies on purpose: whether there are more of them does not matter. */
  readonly denied: number;
}

/** A flow as all baselines together have seen it. */
type Seen = BaselineFlow & { readonly stretches: Stretches };

/** Judges baselines that were observed one after the other, or at several points, conduit by conduit. */
export function coverage(baselines: readonly Baseline[], site: Site, cycle: CountedCycle): Coverage {
  const count = cycleCount(cycle.length, site.timezone);
  const observed = observedCycles(baselines, count, cycle.length);
  const where = places(site);
  const byConduit = new Map<Conduit, Seen[]>(site.conduits.map((conduit) => [conduit, []]));
  let [elsewhere, timeless, denied] = [0, 0, 0];
  for (const flow of together(baselines)) {
    const [from, to] = [where.zoneOf(flow.initiator), where.zoneOf(flow.responder)];
    if (from !== undefined && from === to) continue;
    const conduit = from === undefined || to === undefined ? undefined : where.conduitBetween(from, to);
    if (conduit === undefined) elsewhere += flow.answered ? 1 : 0;
    else if (where.denialOf(conduit, flow)) denied += 1;
    else if (flow.stretches.length === 0) timeless += flow.answered ? 1 : 0;
    else byConduit.get(conduit)!.push(flow);
  }
  return {
    cycle,
    observed: observed.time,
    conduits: [...byConduit].map(([conduit, flows]) => judged(conduit, flows, where, observed, count, cycle)),
    elsewhere,
    timeless,
    denied,
  };
}

function judged(
  conduit: Conduit,
  flows: readonly Seen[],
  where: Places,
  observed: Observed,
  count: CycleCount,
  { length }: CountedCycle,
): ConduitCoverage {
  const { id } = conduit;
  const placeOf = new Map(observed.cycles.map((cycle, place) => [cycle, place]));
  const cyclesOf = ({ stretches }: Seen): ReadonlySet<number> => {
    const places = new Set<number>();
    for (const [from, to] of stretches)
      for (let [cycle, last] = [count.cycleOf(from), count.cycleOf(to)]; cycle <= last; cycle += 1) {
        const place = placeOf.get(cycle);
        if (place !== undefined) places.add(place);
      }
    return places;
  };
  const answered = flows.filter((flow) => flow.answered);
  const seen = answered.map(cyclesOf).filter((cycles) => cycles.size > 0);
  const isBusy = busyCycles(seen, observed.cycles.length);
  const proving = observed.cycles.map((cycle, place) => isBusy[place]! && observed.whole.has(cycle));
  const estimated = estimate(seen, observed.cycles.length, (place) => proving[place]!);
  const unanswered = flows.filter(
    (flow) => !flow.answered && cyclesOf(flow).size > 1 && where.permitOf(conduit, flow) === undefined,
  );
  const unsure = answered.filter(({ confidence }) => confidence < 0.5).length;
  const terms = judge(estimated, {
    ...observed,
    length,
    whole: proving.filter((proves) => proves).length,
    still: isBusy.filter((busy) => !busy).length,
    ambiguous: answered.length === 0 ? 0 : unsure / answered.length,
    unanswered: unanswered.length,
  });
  const limiting = limitingTerm(terms);
  return { id, estimate: estimated, terms, ...(limiting === undefined ? {} : { limiting }) };
}

/** Routable flows; those that several baselines have are one. */
function together(baselines: readonly Baseline[]): Iterable<Seen> {
  const flows = new Map<string, Seen>();
  for (const flow of baselines.flatMap(({ flows: all }) => all)) {
    if (flow.notRoutable !== undefined) continue;
    const key = flowKey(flow);
    const before = flows.get(key);
    const stretches = [...(before?.stretches ?? []), ...(flow.presence ?? [])];
    const confidence = Math.max(before?.confidence ?? 0, flow.confidence);
    flows.set(key, {
      ...flow,
      confidence,
      answered: flow.answered || (before?.answered ?? false),
      stretches,
    });
  }
  return flows.values();
}
