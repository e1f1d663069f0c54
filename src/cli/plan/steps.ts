import { parse } from "node:path";
import { targets } from "../../../targets/index.ts";
import type { Plan } from "../../plan/plan.ts";
import type { Conduit, Firewall, Site } from "../../policy/model.ts";
import type { Target } from "../../target.ts";
import { CommandError } from "../context.ts";
import { findNamed } from "../find-named.ts";

/** One conduit on one firewall, with the file that its plan goes to. */
export interface PlanStep {
  readonly conduit: Conduit;
  readonly firewall: Firewall;
  readonly target: Target;
  readonly pair: Plan["pair"];
  readonly file: string;
  /** The files of all plans that are applied together with it. */
  readonly together: string;
}

/**
 * The steps of some conduits in the order in which they are to be applied: one by one, of a pair the standby first.
 * Several steps go to files with numbers: `night.plan` becomes `night.1.plan`, `night.2.plan`.
 */
export function planSteps(
  site: Site,
  names: readonly string[],
  chosen: string | undefined,
  output: string,
): readonly PlanStep[] {
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new CommandError(`${twice} is named twice`);
  const steps = names.flatMap((name) => {
    const conduit = findNamed(site.conduits, name, "conduit");
    return members(site, conduit, chosen).map((firewall) => {
      const target = targets.get(firewall.target);
      if (!target) throw new CommandError(`firewall ${firewall.id}: there is no target "${firewall.target}"`);
      const { highAvailability: pair } = firewall;
      return {
        ...{ conduit, firewall, target },
        pair: pair && target.capabilities.pairs === "each" ? { peer: pair.peer, role: pair.role } : undefined,
      };
    });
  });
  const { dir, name, ext } = parse(output);
  const numbered = (index: number): string => `${dir === "" ? "" : `${dir}/`}${name}.${index + 1}${ext}`;
  const fileOf = (index: number): string => (steps.length === 1 ? output : numbered(index));
  return steps.map((step, index) => {
    const first = step.pair?.role === "primary" ? index - 1 : index;
    const files = step.pair ? [fileOf(first), fileOf(first + 1)] : [fileOf(index)];
    return { ...step, file: fileOf(index), together: files.join(" ") };
  });
}

/** The firewalls that a step of a conduit changes. */
function members(site: Site, conduit: Conduit, chosen: string | undefined): readonly Firewall[] {
  const all = conduit.firewalls.map((id) => findNamed(site.firewalls, id, "firewall"));
  const of = (id: string): readonly Firewall[] => {
    const firewall = findNamed(all, id, "firewall", conduit.id);
    const { highAvailability: pair } = firewall;
    if (!pair) return [firewall];
    const peer = all.find((one) => one.id === pair.peer);
    if (!peer) {
      throw new CommandError(
        `${id} is a pair with ${pair.peer}, but ${conduit.id} names only one of them: name both under its firewalls`,
      );
    }
    const [primary, standby] = pair.role === "primary" ? [firewall, peer] : [peer, firewall];
    return targets.get(primary.target)?.capabilities.pairs === "primary" ? [primary] : [standby, primary];
  };
  const [first, ...others] = all;
  if (!first) throw new CommandError(`conduit ${conduit.id} has no firewall`);
  if (chosen !== undefined) return of(chosen);
  const found = of(first.id);
  if (others.every((other) => other.id === first.highAvailability?.peer)) return found;
  throw new CommandError(
    `conduit ${conduit.id} runs over ${conduit.firewalls.join(" and ")}: choose with --firewall`,
  );
}
