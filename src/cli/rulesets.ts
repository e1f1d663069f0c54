import { basename, dirname, join, resolve } from "node:path";
import { targets } from "../../targets/index.ts";
import type { Baseline } from "../baseline/flow.ts";
import type { Stage } from "../compile/ir.ts";
import type { Conduit, Permit } from "../policy/model.ts";
import { type CompileOrder, fileName } from "../verify/compile.ts";
import { loadBaseline } from "./baseline-file.ts";
import { CommandError, type Context } from "./context.ts";
import { findNamed } from "./find-named.ts";
import type { LoadedSite } from "./site-file.ts";

const stages: readonly Stage[] = ["monitor", "enforce"];

/** What one proof may cost before the answer is "not proved". */
const nodeBudget = 4_000_000;
const secondsBudget = 60;

/** A ruleset that a site has, and the place of its file. */
export interface PlannedRuleset {
  readonly order: CompileOrder;
  /** Path of the text, and of the certificate beside it. */
  readonly file: string;
  readonly certificate: string;
}

/** Every ruleset of the named conduits, or of all: one for each of their firewalls and each stage. */
export function plannedRulesets(
  context: Context,
  loaded: LoadedSite,
  names: readonly string[],
  baselineFile: string | undefined,
  folder: string,
): readonly PlannedRuleset[] {
  const given = baselineFile === undefined ? undefined : loadBaseline(context, baselineFile).baseline;
  const known = new Map<string, Baseline>();
  return conduitsOf(loaded, names).flatMap((conduit) => {
    const baseline = given ?? evidenceOf(context, loaded, conduit, known);
    return conduit.firewalls.flatMap((firewall) =>
      stages.map((stage) => plannedRuleset(loaded, conduit, firewall, stage, baseline, folder)),
    );
  });
}

/** The folder for compiled rulesets: as named, else `compiled` beside the site file. */
export const rulesetFolder = (context: Context, loaded: LoadedSite, named: string | undefined): string =>
  named === undefined ? join(loaded.folder, "compiled") : resolve(context.cwd, named);

/** The one of these files that a path names by its place: `<firewall>/<conduit>.<stage>.nft`. */
export function fileOfPlace<T extends { readonly file: string }>(planned: readonly T[], path: string): T {
  const key = (file: string): string => join(basename(dirname(file)), basename(file));
  const found = planned.find(({ file }) => key(file) === key(path));
  if (found) return found;
  throw new CommandError(
    `${path} is not the file of a ruleset of this site; they are ${planned.map(({ file }) => key(file)).join(", ")}`,
  );
}

function conduitsOf({ site: { conduits } }: LoadedSite, names: readonly string[]): readonly Conduit[] {
  const named = new Set(names.map((name) => findNamed(conduits, name, "conduit")));
  return conduits.filter((conduit) => named.size === 0 || named.has(conduit));
}

/**
 * The baselines that a conduit's permits rest on, as one; undefined when none names any.
 * @param known those that were read for other conduits, by their file; new ones are added.
 */
function evidenceOf(
  context: Context,
  loaded: LoadedSite,
  conduit: Conduit,
  known: Map<string, Baseline>,
): Baseline | undefined {
  const files = new Map(
    conduit.permits.toReversed().flatMap((permit) => (permit.evidence ? [[permit.evidence, permit]] : [])),
  );
  const baselines = [...files].map(([file, permit]) => {
    const baseline = known.get(file) ?? evidenceFile(context, join(loaded.folder, file), permit);
    known.set(file, baseline);
    return baseline;
  });
  const [first, ...rest] = baselines;
  if (!first || rest.length === 0) return first;
  const flows = baselines.flatMap((baseline) => baseline.flows);
  return { ...first, sources: baselines.flatMap((baseline) => baseline.sources), flows };
}

function evidenceFile(context: Context, file: string, { id, span }: Permit): Baseline {
  try {
    return loadBaseline(context, file).baseline;
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    throw new CommandError(
      `${span.file}:${span.line}:${span.column}: the evidence of permit "${id}": ${error.message}; its path starts at ` +
        'the folder of the site file, and "sluice observe" records one',
    );
  }
}

function plannedRuleset(
  { site }: LoadedSite,
  conduit: Conduit,
  firewall: string,
  stage: Stage,
  baseline: Baseline | undefined,
  folder: string,
): PlannedRuleset {
  const name = site.firewalls.find((candidate) => candidate.id === firewall)?.target ?? "";
  const target = targets.get(name);
  if (!target) throw new CommandError(`firewall ${firewall}: there is no target "${name}"`);
  return {
    order: { site, conduit, firewall, stage, target, baseline, budget: proofBudget() },
    file: join(folder, firewall, fileName(conduit.id, stage, target)),
    certificate: join(folder, firewall, `${conduit.id}.${stage}.certificate.json`),
  };
}

/** The budget of one proof; its time starts when it is first asked for. */
export function proofBudget(): CompileOrder["budget"] {
  let start: number | undefined;
  return {
    nodes: nodeBudget,
    outOfTime() {
      start ??= performance.now();
      return performance.now() - start > secondsBudget * 1000;
    },
  };
}
