import { durationSeconds } from "../../policy/duration.ts";
import type { Firewall, Right, Site } from "../../policy/model.ts";
import { duration, freeText } from "../../policy/schema/text.ts";
import type { Taken } from "../../rollout/emergency/emergency.ts";
import type { Driver } from "../../target.ts";
import { CommandError, type Context, exitCodes } from "../context.ts";
import { type Actor, requireRole } from "./actor.ts";
import { changeFirewall, placeOf } from "./firewall.ts";
import { sealJournal } from "./journal-seal.ts";

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

/** What became of a measure on one firewall. */
export interface MeasuredOn {
  readonly firewall: Firewall;
  readonly taken: Taken;
}

/** Takes or ends a measure on one firewall. One that fails must not keep the others from being reached. */
export async function measureOn(
  context: Context,
  firewall: Firewall,
  actor: Actor,
  action: (driver: Driver) => Promise<Taken>,
): Promise<Taken> {
  try {
    const place = placeOf(firewall);
    return await changeFirewall(context, place, actor.identity, ({ driver }) => action(driver));
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    // Who was not reached, or could not write it down, has changed nothing; what was lost midway may have.
    return { kind: error.exitCode === exitCodes.unproven ? "unproven" : "refused", reason: error.message };
  }
}

/** Signs the end of the journal, and leaves it on the firewalls that were there. */
export async function sealAfter(
  context: Context,
  folder: string,
  actor: Actor,
  all: readonly MeasuredOn[],
): Promise<void> {
  for (const { firewall, taken } of all) {
    await sealJournal(context, folder, actor, taken.kind === "taken" ? placeOf(firewall) : undefined);
  }
}

/** What a measure means for the exit code: where some took it and others did not, a human must look. */
export function exitCodeOf(all: readonly MeasuredOn[]): number {
  const kinds = new Set(all.map(({ taken }) => taken.kind));
  if (kinds.size > 1) return exitCodes.unproven;
  if (kinds.has("refused")) return exitCodes.failed;
  return kinds.has("unproven") ? exitCodes.unproven : exitCodes.done;
}

/**
 * A line for each pair of which one member took or ended a measure and the other is not known to have. It may stand there already: who
 * refuses an end because nothing runs is as whole as the one that ended it.
 */
export function splitPairs(all: readonly MeasuredOn[]): readonly string[] {
  return all.flatMap(({ firewall, taken }) => {
    const other = all.find((one) => one.firewall.id === firewall.highAvailability?.peer);
    if (taken.kind !== "taken" || !other || other.taken.kind === "taken") return [];
    const does = other.taken.kind === "refused" ? "has not" : "is not known to have";
    return [
      `THE PAIR MAY BE SPLIT: ${firewall.id} has done it and ${other.firewall.id} ${does}. "sluice status" says whether a ` +
        "failover changes what passes",
    ];
  });
}
