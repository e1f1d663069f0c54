import { textDiff } from "../../plan/differences.ts";
import type { Driver, OwnState } from "../../target.ts";
import { currentOf, type Ring } from "./known-good.ts";

/** How far the running rules and the boot configuration of a firewall are from its current known-good. */
export interface Drift {
  /** Number of the known-good; undefined before first contact, when there must be nothing of ours. */
  readonly knownGood: number | undefined;
  /** What runs, as a diff from the known-good; undefined when it is the same. */
  readonly live: string | undefined;
  /** What a reboot would load, likewise. */
  readonly boot: string | undefined;
  /** Whether a reboot would load what runs. */
  readonly bootIsLive: boolean;
}

/** Compares our part of a firewall three ways. Only reads. */
export async function driftOf(
  driver: Driver,
  live: Pick<OwnState, "form" | "ownHash">,
  ring: Ring | undefined,
): Promise<Drift> {
  const kept = await driver.preview((ring && currentOf(ring).text) ?? driver.absence);
  const booted = await driver.rehearseBoot();
  const from = (other: Pick<OwnState, "form" | "ownHash">, name: string): string | undefined =>
    other.ownHash === kept.ownHash ? undefined : textDiff(kept.form, other.form, ["known-good", name]);
  return {
    knownGood: ring?.current,
    live: from(live, "live"),
    boot: from(booted, "boot"),
    bootIsLive: booted.ownHash === live.ownHash,
  };
}
