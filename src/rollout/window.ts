import type { WindowId } from "../policy/model.ts";
import { secondsLeft, windowAt } from "../policy/windows.ts";
import type { Change, Outside } from "./change.ts";

/**
 * Seconds of a window that are kept for the way back. Never fewer than what the dead men take: a trial that is renewed at
 * its last moment, and then left alone, ends inside its window too.
 */
export const reserveOf = ({ plan }: Change): number => Math.max(plan.trial.reserve, plan.trial.lease + 5);

/** Seconds until the window closes, less the reserve; undefined without a window, negative when it is too late. */
export function windowSeconds(change: Change, outside: Outside): number | undefined {
  const { plan } = change;
  if (!plan.window) return undefined;
  const { timezone, ...window } = plan.window;
  const span = { file: plan.site.file, line: 1, column: 1, length: 1 };
  const opening = windowAt({ ...window, id: window.id as WindowId, span }, timezone, outside.time());
  return opening === undefined ? -1 : secondsLeft(opening, outside.time()) - reserveOf(change);
}

export function windowProblems(change: Change, outside: Outside): readonly string[] {
  const { window, trial } = change.plan;
  const left = windowSeconds(change, outside);
  if (window === undefined || left === undefined || left >= trial.soak + trial.lease) return [];
  return left < 0
    ? [`the window ${window.id} is closed, or its reserve of ${trial.reserve} s has begun`]
    : [`the window ${window.id} leaves ${Math.floor(left)} s: too little for a soak of ${trial.soak} s`];
}
