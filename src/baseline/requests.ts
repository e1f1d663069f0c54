import { type Party, requestLimit } from "./conversation.ts";

/** When requests of one flow were sent: the earliest ones, and the longest silence between any two in a row. */
export interface Requests {
  /** In seconds; sorted, and at most `requestLimit`, after `settle`. */
  readonly times: number[];
  longestGap: number;
  /** The latest time that is no longer kept. */
  leftOut: number;
  /** Nothing was added since `settle`. */
  settled: boolean;
}

export const noRequests = (): Requests => ({
  times: [],
  longestGap: 0,
  leftOut: Number.NEGATIVE_INFINITY,
  settled: false,
});

/** Adds what one end of a conversation sent; conversations come in any order. */
export function addRequests(
  requests: Requests,
  side: Pick<Party, "requests" | "longestGap" | "lastRequest">,
): void {
  if (side.longestGap > requests.longestGap) requests.longestGap = side.longestGap;
  for (const time of side.requests) addRequest(requests, time);
  if (side.requests.length >= requestLimit && side.lastRequest > requests.leftOut)
    requests.leftOut = side.lastRequest;
}

/** Adds one request; NaN is none. */
export function addRequest(requests: Requests, time: number): void {
  const { times } = requests;
  if (requests.settled && times.length === requestLimit && time >= times[requestLimit - 1]!) {
    leaveOut(requests, time);
    return;
  }
  if (Number.isNaN(time)) return;
  times.push(time);
  requests.settled = false;
  // So many that sorting them costs each of them little.
  if (times.length >= 2 * requestLimit) settle(requests);
}

/** Notes a time that is later than all that are kept. */
function leaveOut(requests: Requests, time: number): void {
  const before = Math.max(requests.times[requestLimit - 1]!, requests.leftOut);
  if (time <= before) return;
  requests.longestGap = Math.max(requests.longestGap, time - before);
  requests.leftOut = time;
}

/**
 * Leaves the earliest times, in order. The longest gap is exact where times that are left out came in order; where
 * they come in among older ones, it is an upper bound.
 */
export function settle(requests: Requests): void {
  const { times } = requests;
  if (!requests.settled) times.sort((x, y) => x - y);
  requests.settled = true;
  for (const time of times.splice(requestLimit)) leaveOut(requests, time);
}
