import { judgeRecord } from "../record.ts";
import type { Reading, Sample, Watch } from "./reading.ts";

/**
 * Fails when more packets a minute than `perMinute` were recorded since the last measurement of flows that nobody
 * decided about: neither permitted nor denied, nor an answer to either.
 */
export function unknownDrops(
  watch: Watch,
  sample: Sample,
  last: Sample | undefined,
  perMinute: number,
): Reading {
  if (!last) return { result: "early", reason: "there is nothing to compare with yet" };
  const packets = unknownPackets(watch, sample) - unknownPackets(watch, last);
  const rate = (60 * packets) / (sample.at - last.at);
  return rate > perMinute
    ? { result: "fail", reason: `${rate.toFixed(0)} packets a minute of flows that nobody decided about` }
    : { result: "pass", reason: "what is not let through was decided" };
}

const unknownPackets = ({ decisions }: Watch, { counters }: Sample): number =>
  judgeRecord(decisions, counters.recorded)
    .filter(({ decision }) => !decision)
    .reduce((sum, { packets }) => sum + packets, 0);
