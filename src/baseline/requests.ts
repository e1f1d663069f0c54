import { type Party, requestLimit } from "./conversation.ts";

/** When requests of one flow were sent: the earliest ones, and the longest silence between any two in a row. */
export interface Requests {
  /** In seconds; sorted, and at most `requestLimit`, after `settle`. */
  readonly times: number[];
  longestGap: number;
  /** The latest time that is no longer kept. */
  leftOut: number;
}

export const noRequests = (): Requests => ({ times: [], longestGap: 0, leftOut: Number.NEGATIVE_INFINITY });

/** Adds what one end of a conversation sent; conversations come in any order. */
export function addRequests(
  requests: Requests,
  side: Pick<Party, "requests" | "longestGap" | "lastRequest">,
): void {
  if (side.longestGap > requests.longestGap) requests.longestGap = side.longestGap;
  for (const time of side.requests) {
    if (Number.isNaN(time)) continue;
    requests.times.push(time);
    // So many that sorting them costs each of them little.
    if (requests.times.length >= 2 * requestLimit) settle(requests);
  }
  if (side.requests.length >= requestLimit && side.lastRequest > requests.leftOut)
    requests.leftOut = side.lastRequest;
}

/**
 * Leaves the earliest times, in order. The longest gap is exact where times that are left out came in order; where
 * they come in among older ones, it is an upper bound.
 */
export function settle(requests: Requests): void {
  const { times } = requests;
  times.sort((x, y) => x - y);
  let before = Math.max(times[requestLimit - 1] ?? 0, requests.leftOut);
  for (const time of times.splice(requestLimit)) {
    if (time <= before) continue;
    requests.longestGap = Math.max(requests.longestGap, time - before);
    before = time;
    requests.leftOut = time;
  }
}
