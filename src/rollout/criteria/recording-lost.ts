import type { Reading, Sample } from "./reading.ts";

/** Fails when the conduit's record is full: what is not let through from now on may not be in it. */
export const recordingLost = ({ counters }: Sample): Reading =>
  counters.recordFull
    ? { result: "fail", reason: "the record is full" }
    : { result: "pass", reason: "the record has room" };
