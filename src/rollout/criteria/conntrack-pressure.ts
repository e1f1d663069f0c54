import type { Measured, Reading } from "./reading.ts";

export const usualLimit = 80;

/** Fails when the firewall's table of connections is fuller than the limit: what finds no place in it is dropped. */
export function conntrackPressure({ rule, sample }: Measured): Reading {
  const tracked = sample.host?.tracked;
  if (!tracked || tracked.limit === 0) {
    return { result: "no-data", reason: "the firewall does not tell how full its table of connections is" };
  }
  const percent = (100 * tracked.entries) / tracked.limit;
  const reason = `the table of connections is ${percent.toFixed(0)} % full (${tracked.entries} of ${tracked.limit})`;
  return { result: percent > (rule.percent ?? usualLimit) ? "fail" : "pass", reason };
}
