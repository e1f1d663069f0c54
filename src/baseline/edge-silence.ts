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
  const silence = silences(sources);
  return flows.map((flow) => {
    const { cadence } = flow;
    if (cadence === undefined) return flow;
    const atEdges = 1.5 * Math.max(silence.before(flow.firstSeen), silence.after(flow.lastSeen));
    if (atEdges <= cadence.silenceDeadline) return flow;
    return { ...flow, cadence: { ...cadence, silenceDeadline: Number(atEdges.toFixed(3)) } };
  });
}

/** Seconds from the latest start of a source to a time in it, and from a time to the earliest end; 0 where none has it. */
function silences(sources: readonly BaselineSource[]) {
  const spans = sources.flatMap(({ firstSeen, lastSeen }) =>
    firstSeen === undefined || lastSeen === undefined
      ? []
      : [{ from: Date.parse(firstSeen), to: Date.parse(lastSeen) }],
  );
  const latestStartFirst = spans.toSorted((a, b) => b.from - a.from);
  const earliestEndFirst = spans.toSorted((a, b) => a.to - b.to);
  return {
    before(time: string | undefined): number {
      const at = Date.parse(time ?? "");
      const began = firstPlace(spans.length, (place) => latestStartFirst[place]!.from <= at);
      const span = latestStartFirst.slice(began).find(({ to }) => to >= at);
      return span === undefined ? 0 : (at - span.from) / 1000;
    },
    after(time: string | undefined): number {
      const at = Date.parse(time ?? "");
      const ends = firstPlace(spans.length, (place) => earliestEndFirst[place]!.to >= at);
      const span = earliestEndFirst.slice(ends).find(({ from }) => from <= at);
      return span === undefined ? 0 : (span.to - at) / 1000;
    },
  };
}
