import type { LiveState } from "../target.ts";

type Lock = NonNullable<LiveState["lock"]>;

/**
 * Who holds a lock, in the form that the firewall keeps: the person, what they do and since when (by their own clock,
 * for people to read), and the plan.
 */
export const holderOf = (actor: string, doing: string, time: Date, plan: string): string =>
  `${actor} ${doing}@${time.toISOString().slice(0, 19)}Z plan:${plan.slice(0, 16)}`;

/** A lock in words: who, since when, until when. */
export function lockText({ holder, secondsLeft }: Lock): string {
  const [, who, since, plan] = /^(\S+) \S+@(\S+) plan:(\w+)$/.exec(holder) ?? [];
  const until = `for ${Math.ceil(secondsLeft)} s more, unless it is renewed`;
  return since === undefined
    ? `${holder}, ${until}`
    : `${who}, since ${since.slice(0, 10)} ${since.slice(11, 16)} UTC, ${until} (plan ${plan}…)`;
}
