import type { Measured, Reading } from "./reading.ts";

/** Fails when nothing was asked of any permit since the last measurement. Only what speaks can prove that it passes. */
export function quietConduit({ sample, last }: Measured): Reading {
  if (!last) return { result: "early", reason: "there is nothing to compare with yet" };
  const isHeard = sample.counters.permits.some(({ permit, requests }) => {
    const before = last.counters.permits.find((one) => one.permit === permit)?.requests ?? 0;
    return requests > before || (requests < before && requests > 0);
  });
  return isHeard
    ? { result: "pass", reason: "the conduit speaks" }
    : {
        result: "fail",
        reason:
          "nothing is asked in the conduit, and a stopped line proves nothing: do one of its exercise steps, or let it " +
          "soak until it speaks",
      };
}
