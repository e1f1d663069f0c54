import { durationSeconds } from "../../policy/duration.ts";
import type { Right, Site } from "../../policy/model.ts";
import { duration, freeText } from "../../policy/schema/text.ts";
import type { Taken } from "../../rollout/emergency/emergency.ts";
import { exitCodes } from "../context.ts";
import { type Actor, requireRole } from "./actor.ts";

/** Parses a flag such as `30m`, from a minute to the longest. @throws {Error} */
export const lasting =
  (longest: string) =>
  (text: string): number => {
    const seconds = duration.safeParse(text).success ? durationSeconds(text) : 0;
    if (seconds >= 60 && seconds <= durationSeconds(longest)) return seconds;
    throw new Error(`a duration from 1m to ${longest} is needed, such as 30m or 1h30m`);
  };

/** Parses why somebody does something: whoever reviews it reads this. @throws {Error} */
export function reasonText(text: string): string {
  const { data, error } = freeText.safeParse(text);
  if (data !== undefined) return data;
  throw new Error(error?.issues[0]?.message);
}

/** @throws {CommandError} unless the site file gives the actor this right. */
export const requireRight = ({ rights }: Site, right: Right, actor: Actor): void =>
  requireRole(actor, right, rights[right]);

/** What a measure that was taken on one firewall means for the exit code; the worst of several counts. */
export function exitCodeOf({ kind }: Taken): number {
  switch (kind) {
    case "taken":
      return exitCodes.done;
    case "refused":
      return exitCodes.failed;
    case "unproven":
      return exitCodes.unproven;
  }
}
