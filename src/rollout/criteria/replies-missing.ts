import type { Reading, Sample } from "./reading.ts";

/** One request may be on its way at any moment; a second one means that the first was not answered. */
const unanswered = 2;

/** Fails when a permit that was answered before asked again and again since the last measurement and had no answer. */
export function repliesMissing(sample: Sample, last: Sample | undefined): Reading {
  if (!last) return { result: "early", reason: "there is nothing to compare with yet" };
  const silent = sample.counters.permits.find(({ permit, requests, replies }) => {
    const before = last.counters.permits.find((one) => one.permit === permit);
    return before && replies > 0 && replies === before.replies && requests - before.requests >= unanswered;
  });
  return silent
    ? { result: "fail", reason: `${silent.permit} asks and has no answer any more` }
    : { result: "pass", reason: "every permit that asks has answers" };
}
