import { buildCommand } from "@stricli/core";
import type { Ending } from "../rollout/trial/machine.ts";
import { CommandError, type Context } from "./context.ts";
import { jsonFlag } from "./documents/document.ts";
import { identityFlag } from "./rollout/actor.ts";
import { type ApplyFlags, carryOut, makeReady, type Ready } from "./rollout/carry-out.ts";
import { conclude, concludeAll } from "./rollout/outcome.ts";
import { siteFlag } from "./site-file.ts";

interface Flags extends ApplyFlags {
  readonly json: boolean;
}

export const applyCommand = buildCommand<Flags, string[], Context>({
  docs: {
    brief: "Carries out an approved plan as a trial that ends by itself, and holds it until it is confirmed",
    fullDescription:
      "Holds the trial in the foreground: renews its lease while all criteria hold. Confirm it from another terminal " +
      "with `sluice confirm`. Ctrl-C, a lost connection or a closed laptop end the trial; the previous stage remains.\n" +
      "Several plans are carried out one at a time, and the first that does not come to a good end is the last that is " +
      "begun. Only the two plans of a high-availability pair run together.",
  },
  parameters: {
    flags: {
      confirmAfterSoak: {
        kind: "boolean",
        default: false,
        brief: "Confirm without a human as soon as the soak is over",
      },
      exercised: {
        kind: "parsed",
        parse: String,
        variadic: true,
        optional: true,
        placeholder: "STEP",
        brief: "An exercise step of the plan that is done without being asked for; may be repeated",
      },
      takeOver: {
        kind: "boolean",
        default: false,
        brief: "End what somebody else does on the firewall, their trial too, and take its lock",
      },
      site: siteFlag,
      identity: identityFlag,
      json: jsonFlag,
    },
    positional: {
      kind: "array",
      minimum: 1,
      parameter: { parse: String, placeholder: "PLAN", brief: "The plans' files, in this order" },
    },
  },
  async func(flags, ...paths) {
    // All of them first: what is known to fail must not wait until others have been done.
    const ready: Ready[] = [];
    for (const path of paths) ready.push(await makeReady(this, flags, path));
    const format = flags.json ? "json" : "human";
    const ends: (Ending | undefined)[] = [];
    for (const unit of unitsOf(ready)) {
      ends.push(...(await carryOut(this, flags, unit)));
      if (ends.some((end) => end?.kind !== "done")) break;
    }
    if (ready.length === 1) conclude(this, ready[0]!.plan.id, ends[0]!, format);
    else {
      concludeAll(
        this,
        ready.map(({ plan, path }, index) => ({ path, plan, end: ends[index] })),
        format,
      );
    }
  },
});

type Unit = readonly [Ready] | readonly [Ready, Ready];

/** What is carried out at a time: one plan, or both of a pair. @throws {CommandError} for one half of a pair. */
function unitsOf(plans: readonly Ready[]): readonly Unit[] {
  const twice = plans.find(({ plan }, index) => plans.findIndex((one) => one.plan.id === plan.id) < index);
  if (twice) throw new CommandError(`${twice.path} is named twice: a plan is used once`);
  const units: Unit[] = [];
  for (let index = 0; index < plans.length; index += 1) {
    const [one, next] = [plans[index]!, plans[index + 1]];
    const { pair, conduit, firewall } = one.plan;
    if (!pair || pair.alone) {
      units.push([one]);
      continue;
    }
    const isPartner =
      next?.plan.firewall.id === pair.peer &&
      next.plan.conduit === conduit &&
      next.plan.to === one.plan.to &&
      pair.role === "standby";
    if (!next || !isPartner) {
      throw new CommandError(
        `${one.path}: ${firewall.id} is a pair with ${pair.peer}. Both plans of ${conduit} are applied together, the standby's first`,
      );
    }
    units.push([one, next]);
    index += 1;
  }
  return units;
}
