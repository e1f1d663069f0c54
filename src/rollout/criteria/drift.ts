import type { Measured, Reading } from "./reading.ts";

/** Fails when the rules of the firewall, ours or others, are not those of the plan any more. */
export function drift({ sample }: Measured): Reading {
  if (!sample.changes) return { result: "no-data", reason: "the rules of the firewall were not read" };
  const [change] = sample.changes;
  return change === undefined
    ? { result: "pass", reason: "nobody changed the rules of the firewall" }
    : { result: "fail", reason: change.split("\n", 1)[0]! };
}
