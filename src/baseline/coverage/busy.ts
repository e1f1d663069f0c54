/** Of the cycles between its first and its last, a regular flow is seen in so many. */
const regular = 0.8;

/**
 * Whether a conduit was at work in each cycle. One that carried less than half of what it usually does, or that came after half of
 * its regular flows had ended, stood still or was not listened to: that it brought nothing new proves nothing.
 * @param seen the cycles of each flow, as places in the order of all.
 */
export function busyCycles(seen: readonly ReadonlySet<number>[], cycles: number): readonly boolean[] {
  const flows = new Array<number>(cycles).fill(0);
  for (const places of seen) for (const place of places) flows[place]! += 1;
  const some = flows.filter((count) => count > 0).sort((x, y) => x - y);
  const usual = some[Math.floor(0.75 * some.length)] ?? 0;
  const ends = seen.flatMap(lastOfRegular).sort((x, y) => x - y);
  const halfEnded = ends[ends.length >> 1] ?? cycles;
  return flows.map((count, place) => count > 0 && 2 * count >= usual && place <= halfEnded);
}

function lastOfRegular(places: ReadonlySet<number>): readonly number[] {
  const [first, last] = [Math.min(...places), Math.max(...places)];
  return places.size > 1 && places.size >= regular * (last - first + 1) ? [last] : [];
}
