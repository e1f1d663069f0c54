import type { Stretches } from "../presence.ts";

/** Slots (an hour) without a record that are a pause of the traffic, and no gap of the recording. */
export const pause = 4;
/** A silence that is so many times as long as what is usual is no pause. */
const unusual = 3;

/**
 * The spans of recorders without the silences in which nothing at all was recorded although something usually is. Whether the
 * recorder stopped then, its clock jumped or the plant stood still cannot be told, and none of them proves anything.
 * A log of a few flows a day is silent most of the time, so a silence is held against what is usual in that log.
 * @param heard when anything was recorded, in order and apart.
 */
export function listened(spans: Stretches, heard: Stretches): Stretches {
  const longest = Math.max(pause, unusual * (usualSilence(heard) + 1) - 1);
  return inBoth(joined(heard, longest), joined(spans, pause));
}

/** Stretches with what lies between two of them, where that is at most so many slots. */
function joined(stretches: Stretches, longest: number): Stretches {
  const result: [number, number][] = [];
  for (const [from, to] of stretches) {
    const before = result.at(-1);
    if (before !== undefined && from - before[1] - 1 <= longest) before[1] = to;
    else result.push([from, to]);
  }
  return result;
}

/** Three of four records are followed by another one after so many silent slots, or fewer. */
function usualSilence(heard: Stretches): number {
  const silences = heard
    .slice(1)
    .map(([from], index) => from - heard[index]![1] - 1)
    .sort((x, y) => x - y);
  const unbroken = heard.reduce((sum, [from, to]) => sum + to - from, 0);
  const place = Math.floor(0.75 * (unbroken + silences.length)) - unbroken;
  return silences[place] ?? 0;
}

function inBoth(one: Stretches, other: Stretches): Stretches {
  const result: [number, number][] = [];
  for (let [i, j] = [0, 0]; i < one.length && j < other.length; ) {
    const [[fromOne, toOne], [fromOther, toOther]] = [one[i]!, other[j]!];
    const [from, to] = [Math.max(fromOne, fromOther), Math.min(toOne, toOther)];
    if (from <= to) result.push([from, to]);
    if (toOne < toOther) i += 1;
    else j += 1;
  }
  return result;
}
