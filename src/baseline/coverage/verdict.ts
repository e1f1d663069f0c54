import type { Estimate } from "./estimate.ts";

/** What a conduit's observation must be before its baseline may be enforced. */
const least = { cycles: 3, coverage: 0.95, observed: 0.95 } as const;
const most = { unseen: 1, novelty: 0.2, ambiguous: 0.05, lost: 0.001 } as const;
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
    | "direction";
  readonly met: boolean;
  /** The value and the bound, as text. */
  readonly text: string;
  readonly remedy: string;
  /** At least so many further cycles are needed, where time is the remedy. */
  readonly cycles?: number;
}

/** What the terms are judged by, beside the estimate. */
export interface Quality {
  /** Cycles that were observed from end to end: all phases lie in one. */
  readonly whole: number;
  /** Share of the time from the first to the last record that some source covers. */
  readonly observed: number;
  /** Share of the records that were lost or could not be read. */
  readonly lost: number;
  /** Share of the flows whose direction is a question. */
  readonly ambiguous: number;
}

/** All terms, in the order in which they are explained. */
export function judge(estimate: Estimate, { whole, observed, lost, ambiguous }: Quality): readonly Term[] {
  const { once, coverage, unseen, quiet, novelty } = estimate;
  if (estimate.flows === 0) return [nothing];
  return [
    {
      name: "whole cycles",
      met: whole >= least.cycles,
      text: `${whole} observed from end to end, with all their phases (at least ${least.cycles})`,
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
      remedy: `${once} flows were seen in one cycle only: permit, deny or let them expire, or observe until they come again`,
    },
    {
      name: "unseen flows",
      met: unseen < most.unseen,
      text: `at least ${unseen.toFixed(1)} flows were never seen (fewer than ${most.unseen})`,
      remedy: `${once} flows were seen in one cycle only, so there are others: observe on`,
    },
    {
      name: "gaps",
      met: observed >= least.observed,
      text: `${percent(observed)} of the time was observed (at least ${percent(least.observed)})`,
      remedy: "find out why the recording stopped in between, and add what is missing",
    },
    {
      name: "losses",
      met: lost <= most.lost,
      text: `${percent(lost)} of the records were lost or could not be read (at most ${percent(most.lost)})`,
      remedy: "find out why the recorder or the firewall's record loses them, and observe again from there",
    },
    {
      name: "direction",
      met: ambiguous <= most.ambiguous,
      text: `the direction of ${percent(ambiguous)} of the flows is a question (at most ${percent(most.ambiguous)})`,
      remedy: "record the opening of these sessions, or say in the site file who asks",
    },
  ];
}

const nothing: Term = {
  name: "observation",
  met: false,
  text: "no flow was observed in any cycle of which at least half was recorded",
  remedy: "record where this conduit's traffic passes, or leave out the conduit if there is none",
};

/** The term that keeps a baseline back the longest: the one that needs the most further cycles, else the first. */
export const limitingTerm = (terms: readonly Term[]): Term | undefined =>
  terms.filter(({ met }) => !met).toSorted((x, y) => (y.cycles ?? 0) - (x.cycles ?? 0))[0];

export const percent = (share: number): string =>
  `${(100 * share).toFixed(share > 0.1 && share < 0.99 ? 0 : 1)} %`;
