import type { LiveState } from "../target.ts";

type Lock = NonNullable<LiveState["lock"]>;

/**
 * Who holds a lock, in the form that the firewall keeps: the person, what they do and since when (by their own clock,
 * for people to read), and the plan.
 */
export const holderOf = (actor: string, doing: string, time: Date, plan: string): string =>
  `${actor} ${doing}@${time.toISOString().slice(0, 19)}Z plan:${plan.slice(0, 16)}`;

/** What the holder of a lock does; undefined for one that is not of our form. */
const partsOf = (holder: string) =>
  /^(?<who>\S+) (?<doing>\S+)@(?<since>\S+) plan:(?<plan>\w+)$/.exec(holder)?.groups as
    | Readonly<Record<"who" | "doing" | "since" | "plan", string>>
    | undefined;

/** The emergency measure under a lock, which no session holds: it runs until its time is over. */
export function measureUnder(holder: string): "bypass" | "isolate" | undefined {
  const doing = partsOf(holder)?.doing;
  return doing === "bypass" || doing === "isolate" ? doing : undefined;
}

/** A lock in words: who, since when, until when. */
export function lockText({ holder, secondsLeft }: Lock): string {
  const parts = partsOf(holder);
  const measure = measureUnder(holder);
  const until = `for ${Math.ceil(secondsLeft)} s more${measure ? "" : ", unless it is renewed"}`;
  if (!parts) return `${holder}, ${until}`;
  const { who, since, plan } = parts;
  const doing = measure === undefined ? who : `${who} (${measure})`;
  return `${doing}, since ${since.slice(0, 10)} ${since.slice(11, 16)} UTC, ${until} (plan ${plan}…)`;
}
