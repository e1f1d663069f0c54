import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Context } from "../../src/cli/context.ts";
import { plannedRulesets } from "../../src/cli/rulesets.ts";
import { loadSite } from "../../src/cli/site-file.ts";
import type { Backend } from "../../src/compile/backend.ts";
import { type Compilation, type CompileOrder, compileConduit, verifyText } from "../../src/verify/compile.ts";
import type { Meant, Mutant, OtherReader } from "./mutants.ts";
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
  /** The changes that were told, with their lines. */
  readonly told: readonly Pick<Mutant, "change" | "line">[];
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
  other: OtherReader,
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
 * to the other reader.
 */
export function judgeMutants(target: Backend, drawn: readonly OrderedMutant[], other: OtherReader): Outcome {
  let proved = 0;
  const told: Mutant[] = [];
  const untold = drawn.flatMap(({ order, text, mutant }): readonly string[] => {
    const verified = verifyText(order, mutant.text, "mutant");
    const name = `${order.conduit.id} ${order.stage}, ${mutant.line}: ${mutant.change}`;
    if (!isProved(order, verified)) {
      if (!isTold(verified)) return [name];
      told.push(mutant);
      return [];
    }
    proved += 1;
    const difference = other.differs(mutant.text, meantBy(target, text));
    return difference === undefined ? [] : [`${name}: ${difference}`];
  });
  return { seen: drawn.length, proved, untold, told };
}

/** What a change may be to, each with how the change or its line looks in one language. */
export type ChangeKind = "verdict" | "port" | "prefix" | "direction" | "element" | "jump" | "order";

/** The kinds of change of which none was told. */
export const untried = (
  told: Outcome["told"],
  kinds: Readonly<Record<ChangeKind, (change: string, line: string) => boolean>>,
): readonly string[] =>
  Object.entries(kinds).flatMap(([kind, is]) =>
    told.some(({ change, line }) => is(change, line)) ? [] : [kind],
  );

export const meantBy = (target: Backend, text: string): Meant => ({
  text,
  program: target.parse(text, "meant").value!,
});

/** Without a baseline the claim about it says nothing. */
const isProved = ({ baseline }: CompileOrder, { ruleset }: Compilation): boolean =>
  ruleset?.claims.every(
    ({ claim, result }) => result === "proved" || (claim === "baseline-kept" && baseline === undefined),
  ) ?? false;

const isTold = ({ ruleset, diagnostics }: Compilation): boolean =>
  diagnostics.some(
    ({ severity, span, message }) => severity === "error" && span && (!ruleset || message.includes(" -> ")),
  );
