import { type Baseline, isFirewallRecord } from "../flow.ts";
import { type Stretches, slotLength, slotsOf, spanned, stretchesOf, unionOf } from "../presence.ts";
import type { CycleCount } from "./cycles.ts";
import { listened, pause } from "./silences.ts";

/** What was observed when, by any source. */
export interface Observed {
  /** Observed cycles in their order: those of which at least half was observed. */
  readonly cycles: readonly number[];
  /** Those that were observed from end to end. */
  readonly whole: ReadonlySet<number>;
  /** Time that was observed, in seconds. */
  readonly time: number;
  /** Time between the first and the last record that was not, in seconds. */
  readonly missing: number;
  /** The longest silence of all sources together, in seconds since 1970. */
  readonly silence?: { readonly from: number; readonly to: number };
  /** Share of the records that were lost or could not be read. */
  readonly lost: number;
}

/** At least so much of a cycle must be observed for it to count. */
const leastOfCycle = 0.5;

/** @param length of a cycle, in seconds. */
export function observedCycles(baselines: readonly Baseline[], count: CycleCount, length: number): Observed {
  const stretches = unionOf(baselines.map(observedIn));
  const slots = new Map<number, number>();
  let total = 0;
  for (const slot of slotsOf(stretches)) {
    const cycle = count.cycleOf(slot);
    slots.set(cycle, (slots.get(cycle) ?? 0) + 1);
    total += 1;
  }
  const slotsInCycle = length / slotLength;
  const enough = (least: number): readonly number[] =>
    [...slots].filter(([, found]) => found >= Math.floor(least)).map(([cycle]) => cycle);
  const silences = stretches.slice(1).map(([from], index) => ({ from: stretches[index]![1] + 1, to: from }));
  const silence = silences.toSorted((x, y) => y.to - y.from - (x.to - x.from))[0];
  return {
    cycles: enough(leastOfCycle * slotsInCycle).toSorted((x, y) => x - y),
    // A day on which the clocks go forward is an hour short of its length.
    whole: new Set(enough(length < 86_400 ? slotsInCycle : slotsInCycle - pause)),
    time: total * slotLength,
    missing: silences.reduce((sum, { from, to }) => sum + to - from, 0) * slotLength,
    ...(silence && { silence: { from: silence.from * slotLength, to: silence.to * slotLength } }),
    lost: lostShare(baselines),
  };
}

/** A firewall counts for itself from reading to reading; of a file it is known only when something was recorded. */
function observedIn({ sources, flows }: Baseline): Stretches {
  const [counted, recorded]: [number[], number[]] = [[], []];
  const ends: [number, number][] = [];
  for (const source of sources) {
    const { firstSeen, lastSeen } = source;
    if (firstSeen === undefined || lastSeen === undefined) continue;
    const [first, last] = [Date.parse(firstSeen) / 1000, Date.parse(lastSeen) / 1000];
    (isFirewallRecord(source) ? counted : recorded).push(...spanned(first, last));
    for (const slot of [first, last].map((time) => Math.floor(time / slotLength))) ends.push([slot, slot]);
  }
  const heard = unionOf([ends, ...flows.map(({ presence = [] }) => presence)]);
  return unionOf([stretchesOf(counted), listened(stretchesOf(recorded), heard)]);
}

function lostShare(baselines: readonly Baseline[]): number {
  const counts = baselines.flatMap(({ sources }) => sources.map(({ accounting }) => accounting));
  const read = counts.reduce((sum, one) => sum + one.read, 0);
  const lost = counts.flatMap(({ rejected }) => Object.values(rejected)).reduce((sum, one) => sum + one, 0);
  const told = counts.flatMap(({ losses }) => losses ?? []);
  const [gone, of] = [
    told.reduce((sum, one) => sum + one.lost, 0),
    told.reduce((sum, one) => sum + one.of, 0),
  ];
  return Math.max(read === 0 ? 0 : lost / read, of === 0 ? 0 : gone / of);
}
