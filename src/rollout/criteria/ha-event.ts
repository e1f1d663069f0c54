import type { Measured, Reading } from "./reading.ts";

/** Fails when the firewall has other addresses, or other roles in its pair, than when it was first looked at. */
export function haEvent({ sample, first }: Measured): Reading {
  const [now, before] = [sample.host?.standing, first.host?.standing];
  if (!now || !before || now.length === 0 || before.length === 0) {
    return { result: "no-data", reason: "the firewall does not tell its addresses" };
  }
  const gained = now.filter((line) => !before.includes(line));
  const lost = before.filter((line) => !now.includes(line));
  if (gained.length === 0 && lost.length === 0) {
    return { result: "pass", reason: "the firewall has the addresses and roles that it had" };
  }
  const words = [
    ...(lost.length > 0 ? [`lost ${lost.join(", ")}`] : []),
    ...(gained.length > 0 ? [`gained ${gained.join(", ")}`] : []),
  ];
  return { result: "fail", reason: `the firewall ${words.join(" and ")}, as in a failover` };
}
