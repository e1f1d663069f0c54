import type { ConduitId, Cycle, Site } from "../../policy/model.ts";
import { flowKey } from "../aggregate.ts";
import type { Baseline, BaselineFlow } from "../flow.ts";
import { slotLength, spanned, stretchesOf } from "../presence.ts";
import { places } from "../propose/places.ts";
import { type CycleCount, cycleCount } from "./cycles.ts";
import { type Estimate, estimate } from "./estimate.ts";
import { judge, limitingTerm, type Term } from "./verdict.ts";

/** The longest cycle of a site, or a day. */
export const defaultCycle = ({ cycles = [] }: Pick<Site, "cycles">): Coverage["cycle"] =>
  cycles.toSorted((x, y) => y.length - x.length)[0] ?? { id: "day", length: 86_400, phases: [] };

/** How complete the observation of one conduit is. */
export interface ConduitCoverage {
  readonly id: ConduitId;
  readonly estimate: Estimate;
  readonly terms: readonly Term[];
  /** Absent when it is ready. */
  readonly limiting?: Term;
}

export interface Coverage {
  readonly cycle: Pick<Cycle, "id" | "length" | "phases">;
  readonly conduits: readonly ConduitCoverage[];
  /** Answered, routable flows between zones that no conduit joins, or with an end in no zone. */
  readonly elsewhere: number;
  /** Flows without times, or of a baseline from before presence was kept: no cycle can be counted by them. */
  readonly timeless: number;
}

/** A flow as all baselines together have seen it. */
type Seen = Pick<BaselineFlow, "initiator" | "responder" | "confidence"> & {
  readonly stretches: Stretches;
};
type Stretches = readonly (readonly [from: number, to: number])[];

/** What was observed when, by any source. */
interface Observed {
  /** Observed cycles in their order: those of which at least half was observed. */
  readonly cycles: readonly number[];
  readonly whole: number;
  readonly share: number;
  /** Share of the records that were lost or could not be read. */
  readonly lost: number;
}

/** Judges baselines that were observed one after the other, or at several points, conduit by conduit. */
export function coverage(baselines: readonly Baseline[], site: Site, cycle: Coverage["cycle"]): Coverage {
  const count = cycleCount(cycle.length, site.timezone);
  const observed = observedCycles(baselines, count, cycle.length);
  const where = places(site);
  const byConduit = new Map<ConduitId, Seen[]>(site.conduits.map(({ id }) => [id, []]));
  let [elsewhere, timeless] = [0, 0];
  for (const flow of together(baselines)) {
    const [from, to] = [where.zoneOf(flow.initiator), where.zoneOf(flow.responder)];
    if (from !== undefined && from === to) continue;
    const conduit = from === undefined || to === undefined ? undefined : where.conduitBetween(from, to);
    if (conduit === undefined) elsewhere += 1;
    else if (flow.stretches.length === 0) timeless += 1;
    else byConduit.get(conduit.id)!.push(flow);
  }
  return {
    cycle,
    conduits: [...byConduit].map(([id, flows]) => judged(id, flows, observed, count)),
    elsewhere,
    timeless,
  };
}

function judged(
  id: ConduitId,
  flows: readonly Seen[],
  observed: Observed,
  count: CycleCount,
): ConduitCoverage {
  const placeOf = new Map(observed.cycles.map((cycle, place) => [cycle, place]));
  const seen = flows
    .map(
      ({ stretches }) =>
        new Set([...slotsOf(stretches)].flatMap((slot) => placeOf.get(count.cycleOf(slot)) ?? [])),
    )
    .filter((cycles) => cycles.size > 0);
  const estimated = estimate(seen, observed.cycles.length);
  const unsure = flows.filter(({ confidence }) => confidence < 0.5).length;
  const terms = judge(estimated, {
    whole: observed.whole,
    observed: observed.share,
    lost: observed.lost,
    ambiguous: flows.length === 0 ? 0 : unsure / flows.length,
  });
  const limiting = limitingTerm(terms);
  return { id, estimate: estimated, terms, ...(limiting === undefined ? {} : { limiting }) };
}

/** Answered, routable flows; those that several baselines have are one. */
function together(baselines: readonly Baseline[]): Iterable<Seen> {
  const flows = new Map<string, Seen>();
  for (const flow of baselines.flatMap(({ flows: all }) => all)) {
    if (!flow.answered || flow.notRoutable !== undefined) continue;
    const key = flowKey(flow);
    const before = flows.get(key);
    const stretches = [...(before?.stretches ?? []), ...(flow.presence ?? [])];
    const confidence = Math.max(before?.confidence ?? 0, flow.confidence);
    flows.set(key, { initiator: flow.initiator, responder: flow.responder, confidence, stretches });
  }
  return flows.values();
}

/** At least so much of a cycle must be observed for it to count. */
const leastOfCycle = 0.5;

function observedCycles(baselines: readonly Baseline[], count: CycleCount, length: number): Observed {
  const spans: number[] = [];
  for (const { firstSeen, lastSeen } of baselines.flatMap(({ sources }) => sources)) {
    if (firstSeen !== undefined && lastSeen !== undefined)
      spans.push(...spanned(Date.parse(firstSeen) / 1000, Date.parse(lastSeen) / 1000));
  }
  const stretches = withoutPauses(stretchesOf(spans));
  const slots = new Map<number, number>();
  let total = 0;
  for (const slot of slotsOf(stretches)) {
    const cycle = count.cycleOf(slot);
    slots.set(cycle, (slots.get(cycle) ?? 0) + 1);
    total += 1;
  }
  const slotsInCycle = length / slotLength;
  const enough = (share: number): readonly number[] =>
    [...slots].filter(([, found]) => found >= share * slotsInCycle).map(([cycle]) => cycle);
  const [first, last] = [stretches[0]?.[0] ?? 0, stretches.at(-1)?.[1] ?? -1];
  return {
    cycles: enough(leastOfCycle).toSorted((x, y) => x - y),
    // A day on which the clocks go forward is an hour short of its length.
    whole: enough(length < 86_400 ? 1 : 1 - pause / slotsInCycle).length,
    share: total === 0 ? 0 : total / (last - first + 1),
    lost: lostShare(baselines),
  };
}

function lostShare(baselines: readonly Baseline[]): number {
  const counts = baselines.flatMap(({ sources }) => sources.map(({ accounting }) => accounting));
  const read = counts.reduce((sum, one) => sum + one.read, 0);
  const lost = counts.flatMap(({ rejected }) => Object.values(rejected)).reduce((sum, one) => sum + one, 0);
  return read === 0 ? 0 : lost / read;
}

/** Slots (an hour) without a record that are a pause of the traffic, and no gap of the recording. */
const pause = 4;

function withoutPauses(stretches: Stretches): Stretches {
  const joined: [number, number][] = [];
  for (const [from, to] of stretches) {
    const before = joined.at(-1);
    if (before !== undefined && from - before[1] - 1 <= pause) before[1] = to;
    else joined.push([from, to]);
  }
  return joined;
}

function* slotsOf(stretches: Stretches): Generator<number> {
  for (const [from, to] of stretches) for (let slot = from; slot <= to; slot += 1) yield slot;
}
