import { firstPlace } from "../first-place.ts";
import type { Baseline, BaselineFlow, BaselineSource } from "./flow.ts";

/**
 * Counts the silence before a flow was first seen, and after it was last seen, among its gaps: it was at least so long, and
 * a flow that spoke for a second of an hour is no flow whose silence of two seconds means anything. Only the file that saw
 * it at that end is asked: another one may have listened elsewhere.
 */
export function withEdgeSilence(
  flows: readonly BaselineFlow[],
  sources: readonly BaselineSource[],
): Baseline["flows"] {
  const spans = sources.flatMap(({ firstSeen, lastSeen }) =>
    firstSeen === undefined || lastSeen === undefined
      ? []
      : [{ from: Date.parse(firstSeen), to: Date.parse(lastSeen) }],
  );
  const sinceStart = sinceLatestStart(spans);
  // Seen backwards in time, an end is a start.
  const untilEnd = sinceLatestStart(spans.map(({ from, to }) => ({ from: -to, to: -from })));
  return flows.map((flow) => {
    const { cadence, firstSeen = "", lastSeen = "" } = flow;
    if (cadence === undefined) return flow;
    const silence = Math.max(sinceStart(Date.parse(firstSeen)), untilEnd(-Date.parse(lastSeen)));
    const atEdges = (1.5 * silence) / 1000;
    if (atEdges <= cadence.silenceDeadline) return flow;
    return { ...flow, cadence: { ...cadence, silenceDeadline: Number(atEdges.toFixed(3)) } };
  });
}

interface Span {
  readonly from: number;
  readonly to: number;
}

/** Milliseconds from the latest start of a span to a time in it; 0 for a time that is in none, and for none. */
function sinceLatestStart(spans: readonly Span[]): (time: number) => number {
  const latestFirst = spans.toSorted((a, b) => b.from - a.from);
  return (time) => {
    const begun = firstPlace(latestFirst.length, (place) => latestFirst[place]!.from <= time);
    for (let at = begun; at < latestFirst.length; at += 1)
      if (latestFirst[at]!.to >= time) return time - latestFirst[at]!.from;
    return 0;
  };
}
