import type { FirewallRules } from "../../compile/ir.ts";
import type { Plan } from "../../plan/plan.ts";
import type { Driver, LiveState } from "../../target.ts";
import { currentOf, newestOf, type Ring } from "../known-good/known-good.ts";

/** A firewall as a plan finds it: as it is, or as the plans that go before leave it. */
export interface Standing {
  /** Our part as text, as the firewall lists it; undefined when there is none. */
  readonly text: string | undefined;
  readonly live: Pick<LiveState, "form" | "ownHash" | "foreignForm" | "foreignHash" | "bootText">;
  /** What is confirmed. */
  readonly rules: FirewallRules;
  /** What the known-good holds that a rollback would restore: null where it holds nothing, undefined before first contact. */
  readonly kept: string | null | undefined;
  /** The number of that known-good. */
  readonly knownGood: number;
  /** The plan that this one follows. */
  readonly follows?: string;
}

/**
 * Where a plan starts. `before` are plans for the same firewall that are to be applied first, in their order; each was
 * made on top of the one before, so the last one says what all of them leave.
 */
export async function standingOf(
  driver: Driver,
  firewall: string,
  live: LiveState,
  ring: Ring | undefined,
  before: readonly Plan[],
): Promise<Standing> {
  const last = before.at(-1);
  if (last === undefined) {
    return {
      text: live.form === "" ? undefined : live.text,
      live,
      rules: ring ? currentOf(ring).rules : { firewall, conduits: [] },
      kept: ring && currentOf(ring).text,
      knownGood: ring?.current ?? 1,
    };
  }
  const { text, rules } = last.boot;
  const { form, ownHash } = await driver.preview(text);
  return {
    text,
    live: { ...live, form, ownHash, bootText: text },
    rules,
    kept: text,
    knownGood: (ring ? newestOf(ring) : 1) + before.length,
    follows: last.id,
  };
}
