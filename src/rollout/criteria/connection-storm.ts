import type { Measured, Reading } from "./reading.ts";

/** Fails when more connections a minute than the limit were made anew in the conduit since the last measurement. */
export function connectionStorm({ rule, sample, last }: Measured): Reading {
  if (!sample.sessions) {
    return { result: "no-data", reason: "the firewall does not list its sessions" };
  }
  if (!last?.sessions) return { result: "early", reason: "there is nothing to compare with yet" };
  const known = new Set(last.sessions.map(({ key }) => key));
  const made = sample.sessions.filter(({ key }) => !known.has(key)).length;
  const rate = (60 * made) / (sample.at - last.at);
  return rate > (rule.perMinute ?? 0)
    ? { result: "fail", reason: `${rate.toFixed(0)} connections a minute are made anew` }
    : { result: "pass", reason: "connections are made anew no more often than expected" };
}
