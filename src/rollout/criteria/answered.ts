import type { Measured, Reading } from "./reading.ts";

/** What a probe or an outside signal answered for this criterion. */
export const answered = ({ rule, sample }: Measured): Reading =>
  sample.answers?.get(rule.id) ?? { result: "no-data", reason: "nothing was asked yet" };
