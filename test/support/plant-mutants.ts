import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Context } from "../../src/cli/context.ts";
import { plannedRulesets } from "../../src/cli/rulesets.ts";
import { loadSite } from "../../src/cli/site-file.ts";
import type { Backend } from "../../src/compile/backend.ts";
import { type Compilation, type CompileOrder, compileConduit, verifyText } from "../../src/verify/compile.ts";
import type { Mutant, OtherReader } from "./mutants.ts";
import { unlimited } from "./policies.ts";

const root = join(import.meta.dirname, "../../rulesets");

/** Every ruleset of every reference plant, as it is ordered for one target. */
export const plantOrders = (target: Backend): readonly CompileOrder[] =>
  readdirSync(root)
    .filter((plant) => existsSync(join(root, plant, "site.yaml")))
    .flatMap((plant) => {
      const folder = join(root, plant);
      const context = { process, cwd: folder, now: () => new Date(0) } as unknown as Context;
      const loaded = loadSite(context, "site.yaml");
      return plannedRulesets(context, loaded, [], undefined, join(folder, "compiled")).map(({ order }) => ({
        ...order,
        target,
        budget: unlimited,
      }));
    });

/** What became of mutants: how many there were, how many are proved all the same, and what nobody told. */
export interface Outcome {
  readonly seen: number;
  readonly proved: number;
  readonly untold: readonly string[];
}

/** A change to the text of a ruleset that was ordered. */
export interface OrderedMutant {
  readonly order: CompileOrder;
  readonly text: string;
  readonly mutant: Mutant;
}

/** Judges mutants spread over all texts of the plants. */
export function judgePlantMutants(
  target: Backend,
  mutantsOf: (text: string) => readonly Mutant[],
  other: OtherReader | undefined,
  wanted: number,
): Outcome {
  const all = plantOrders(target).flatMap((order) => {
    const { text } = compileConduit(order).ruleset!;
    return mutantsOf(text).map((mutant) => ({ order, text, mutant }));
  });
  const step = Math.max(1, Math.floor(all.length / wanted));
  return judgeMutants(
    target,
    all.filter((_, index) => index % step === 0),
    other,
  );
}

/**
 * A mutant that is not proved must be refused in its place or shown with a packet; one that is proved must mean the same
 * to the other reader, where there is one.
 */
export function judgeMutants(
  target: Backend,
  drawn: readonly OrderedMutant[],
  other: OtherReader | undefined,
): Outcome {
  let proved = 0;
  const untold = drawn.flatMap(({ order, text, mutant }): readonly string[] => {
    const verified = verifyText(order, mutant.text, "mutant");
    const name = `${order.conduit.id} ${order.stage}, ${mutant.line}: ${mutant.change}`;
    if (!isProved(order, verified)) return isTold(verified) ? [] : [name];
    proved += 1;
    const difference = other?.differs(mutant.text, target.parse(text, "meant").value!);
    return difference === undefined ? [] : [`${name}: ${difference}`];
  });
  return { seen: drawn.length, proved, untold };
}

/** Without a baseline the claim about it says nothing. */
const isProved = ({ baseline }: CompileOrder, { ruleset }: Compilation): boolean =>
  ruleset?.claims.every(
    ({ claim, result }) => result === "proved" || (claim === "baseline-kept" && baseline === undefined),
  ) ?? false;

const isTold = ({ ruleset, diagnostics }: Compilation): boolean =>
  diagnostics.some(
    ({ severity, span, message }) => severity === "error" && span && (!ruleset || message.includes(" -> ")),
  );
