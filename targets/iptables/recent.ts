import { parseAddress } from "../../src/net/address.ts";

/**
 * What the lists of `-m recent` hold, as /proc/net/xt_recent shows it. Beside the addresses that open a gate each of our
 * lists holds one that no packet asks for: the uptime, in tenths of a second, at which it ends. So the host itself
 * knows how long a lease still holds, and forgets it together with the rules.
 */
export interface Clock {
  /** Seconds until a list ends; 0 when it has ended or is not there. */
  secondsLeft(list: string): number;
}

/** @param shown lines `@list NAME` with the content of the list behind each. */
export function readClock(uptime: string, shown: string): Clock {
  const ends = new Map<string, number>();
  let list = "";
  for (const line of shown.split("\n")) {
    const [, name] = /^@list (\S+)/.exec(line) ?? [];
    if (name !== undefined) list = name;
    const [, source] = /^src=(\d+\.\d+\.\d+\.\d+) /.exec(line) ?? [];
    if (source === undefined) continue;
    ends.set(list, Math.max(ends.get(list) ?? 0, Number(parseAddress(source).from)));
  }
  const now = Math.floor(Number(uptime.trim()) * 10);
  return { secondsLeft: (name) => Math.max(0, ((ends.get(name) ?? 0) - now) / 10) };
}
