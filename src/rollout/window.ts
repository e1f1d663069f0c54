import type { WindowId } from "../policy/model.ts";
import { nextOpening, secondsLeft } from "../policy/windows.ts";
import type { Change, Outside } from "./change.ts";

/**
 * Seconds of a window that are kept for the way back. Never fewer than what the dead men take: a trial that is renewed at
 * its last moment, and then left alone, ends inside its window too.
 */
export const reserveOf = ({ plan }: Change): number => Math.max(plan.trial.reserve, plan.trial.lease + 5);

/** The opening of a plan's window that is now, or the next one; undefined for a window that never opens again. */
function openingOf({ plan }: Change, window: NonNullable<Change["plan"]["window"]>, time: Date) {
  const { timezone, ...parts } = window;
  const span = { file: plan.site.file, line: 1, column: 1, length: 1 };
  return nextOpening({ ...parts, id: window.id as WindowId, span }, timezone, time);
}

/** Seconds until the window closes, less the reserve; undefined without a window, negative when it is too late. */
export function windowSeconds(change: Change, outside: Outside): number | undefined {
  const { window } = change.plan;
  if (!window) return undefined;
  const time = outside.time();
  const opening = openingOf(change, window, time);
  return opening && opening.opens <= time ? secondsLeft(opening, time) - reserveOf(change) : -1;
}

export function windowProblems(change: Change, outside: Outside): readonly string[] {
  const { window, trial } = change.plan;
  const left = windowSeconds(change, outside);
  if (window === undefined || left === undefined || left >= trial.soak + trial.lease) return [];
  const time = outside.time();
  const opening = openingOf(change, window, time);
  if (!opening) return [`the window ${window.id} never opens again: make a plan for another one`];
  if (opening.opens > time) {
    return [`the window ${window.id} is closed; it opens at ${minute(opening.opens)}`];
  }
  const end = `the window ${window.id} closes at ${minute(opening.closes)}`;
  const [needed, reserve] = [Math.ceil(trial.soak + trial.lease), Math.ceil(reserveOf(change))];
  return [
    left < 0
      ? `${end}, and its last ${reserve} s are kept for the way back: nothing begins in them`
      : `${end}, which leaves ${Math.floor(left)} s before the ${reserve} s that are kept for the way back: too little for a ` +
        `soak of ${trial.soak} s and a lease, ${needed} s`,
  ];
}

/** `2026-03-01 02:00 UTC` */
const minute = (time: Date): string => `${time.toISOString().slice(0, 16).replace("T", " ")} UTC`;

/** What ends a trial that nobody confirms and that all criteria hold: after how many seconds from now, and what that is. */
export function trialEnd(
  change: Change,
  outside: Outside,
): { readonly seconds: number; readonly why: string } {
  const { window, trial } = change.plan;
  const left = windowSeconds(change, outside);
  if (window === undefined || left === undefined || left > trial.maximum) {
    return { seconds: trial.maximum, why: `a trial of this plan lasts ${trial.maximum} s at most` };
  }
  const reserve = Math.ceil(reserveOf(change));
  return {
    seconds: left,
    why: `the window ${window.id} closes ${reserve} s later, which are kept for the way back`,
  };
}
