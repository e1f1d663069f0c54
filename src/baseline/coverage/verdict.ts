import type { Estimate } from "./estimate.ts";
import type { Observed } from "./observed.ts";

/** What a conduit's observation must be before its baseline may be enforced. */
const least = { cycles: 3, coverage: 0.95, observed: 0.95 } as const;
const most = { unseen: 1, novelty: 0.2, ambiguous: 0.05, unanswered: 0.05, lost: 0.001 } as const;
/** So many quiet cycles bring the novelty bound down to `most.novelty`. */
const quietCycles = Math.ceil(Math.log(0.05) / Math.log(1 - most.novelty));

/** One condition, and what is missing where it does not hold. */
export interface Term {
  readonly name:
    | "observation"
    | "whole cycles"
    | "sample coverage"
    | "unseen flows"
    | "novelty bound"
    | "gaps"
    | "losses"
    | "direction"
    | "answers";
  readonly met: boolean;
  /** The value and the bound, as text. */
  readonly text: string;
  readonly remedy: string;
  /** At least so many further cycles are needed, as far as can be told; absent where a decision mends it too. */
  readonly cycles?: number;
}

/** What the terms are judged by, beside the estimate. */
export interface Quality extends Pick<Observed, "time" | "missing" | "silence" | "lost"> {
  /** Length of a cycle, in seconds. */
  readonly length: number;
  /** Cycles that were observed from end to end, in which the conduit did not stand still: all phases lie in one. */
  readonly whole: number;
  /** Cycles in which it stood still. */
  readonly still: number;
  /** Share of the flows whose direction is a question. */
  readonly ambiguous: number;
  /** Flows that come again and again, and whose answers were never seen, that nobody decided about. */
  readonly unanswered: number;
}

/** All terms, in the order in which they are explained. */
export function judge(estimate: Estimate, quality: Quality): readonly Term[] {
  const { flows, once, coverage, unseen, unseenFor, quiet, novelty } = estimate;
  const { whole, still, lost, ambiguous, unanswered } = quality;
  if (flows === 0) return [nothing(unanswered)];
  const unansweredShare = unanswered / (flows + unanswered);
  return [
    {
      name: "whole cycles",
      met: whole >= least.cycles,
      text:
        `${whole} observed from end to end, with all their phases (at least ${least.cycles})` +
        (still === 0 ? "" : `; in ${still} more it stood still, which proves nothing`),
      remedy: "observe further cycles from end to end",
      cycles: Math.max(0, least.cycles - whole),
    },
    {
      name: "novelty bound",
      met: novelty <= most.novelty,
      text:
        `${percent(novelty)} chance at most of a new flow in the next cycle, after ${quiet} without one ` +
        `(at most ${percent(most.novelty)}, after ${quietCycles})`,
      remedy: "observe until no new flow comes for long enough",
      cycles: Math.max(0, quietCycles - quiet),
    },
    {
      name: "sample coverage",
      met: coverage >= least.coverage,
      text: `${percent(coverage)} of what a further cycle brings is known (at least ${percent(least.coverage)})`,
      remedy: `${once} flows were seen in one cycle only: deny what does not belong here, or observe until the others come again`,
    },
    {
      name: "unseen flows",
      met: unseen < most.unseen,
      text: `some ${unseen.toFixed(1)} flows were never seen, as is estimated (fewer than ${most.unseen})`,
      remedy: `${once} flows were seen in one cycle only, so there are others: deny what does not belong here, or observe on`,
      cycles: unseenFor,
    },
    gaps(quality),
    {
      name: "losses",
      met: lost <= most.lost,
      text: `${percent(lost)} of the records were lost or could not be read (at most ${percent(most.lost)})`,
      remedy: "find out why the recorder or the firewall's record loses them, and observe again from there",
      // In the first of them everything is new.
      cycles: 1 + quietCycles,
    },
    {
      name: "direction",
      met: ambiguous <= most.ambiguous,
      text: `the direction of ${percent(ambiguous)} of the flows is a question (at most ${percent(most.ambiguous)})`,
      remedy: "record the opening of these sessions, or say in the site file who asks",
    },
    {
      name: "answers",
      met: unansweredShare <= most.unanswered,
      text: `of ${percent(unansweredShare)} of the flows that come again no answer was ever seen (at most ${percent(most.unanswered)})`,
      remedy: oneWay(unanswered),
    },
  ];
}

function gaps({ time, missing, silence, length }: Quality): Term {
  const share = time / (time + missing);
  const longest =
    silence === undefined
      ? ""
      : `; the longest silence lasted from ${minute(silence.from)} to ${minute(silence.to)}`;
  return {
    name: "gaps",
    met: share >= least.observed,
    text: `${percent(share)} of the time was observed (at least ${percent(least.observed)})${longest}`,
    remedy:
      "find out why nothing was recorded then (recorder, clock, a plant that stood still), and add what is missing",
    cycles: Math.max(0, Math.ceil((missing / (1 - least.observed) - missing - time) / length)),
  };
}

const minute = (seconds: number): string => `${new Date(1000 * seconds).toISOString().slice(0, 16)}Z`;

const nothing = (unanswered: number): Term => ({
  name: "observation",
  met: false,
  text: `no ${unanswered === 0 ? "flow" : "answered flow"} was observed in any cycle of which at least half was recorded`,
  remedy:
    unanswered === 0
      ? "observe whole cycles where this conduit's traffic passes; if it has none, leave the conduit out"
      : oneWay(unanswered),
});

const oneWay = (flows: number): string =>
  `see whether the recorder sees both directions; what is one-way by design, among ${flows} flows, needs a permit, and the rest a denial`;

/** The term that keeps a baseline back the longest: the one that needs the most further cycles, else the first. */
export const limitingTerm = (terms: readonly Term[]): Term | undefined =>
  terms.filter(({ met }) => !met).toSorted((x, y) => (y.cycles ?? 0) - (x.cycles ?? 0))[0];

export const percent = (share: number): string =>
  `${(100 * share).toFixed(share > 0.1 && share < 0.99 ? 0 : 1)} %`;
