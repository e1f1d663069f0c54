import { basename, resolve } from "node:path";
import { buildCommand } from "@stricli/core";
import type { Plan, PlanContent, PlanDocument } from "../plan/plan.ts";
import { readPlan, sealPlan, writePlan } from "../plan/plan-file.ts";
import { printHtml } from "../report/print-html.ts";
import type { AcceptanceOrder } from "../rollout/acceptances.ts";
import type { PlanOrder } from "../rollout/planning/order.ts";
import { planChange } from "../rollout/planning/planning.ts";
import { mayBeWritten } from "../verify/claims/claim.ts";
import { compileConduit, type Ruleset } from "../verify/compile.ts";
import { CommandError, type Context, exitCodes } from "./context.ts";
import { noChangeDocument, plansDocument } from "./documents/change.ts";
import { jsonFlag, printDocument, printJson } from "./documents/document.ts";
import { writeFileAtomic } from "./files.ts";
import { findNamed } from "./find-named.ts";
import { outputPath } from "./output-path.ts";
import { reviewOf } from "./plan/review-of.ts";
import { type PlanStep, planSteps } from "./plan/steps.ts";
import { identityFlag, whoActs } from "./rollout/actor.ts";
import { onFirewall, placeOf } from "./rollout/firewall.ts";
import { readHistory } from "./rollout/history-file.ts";
import { appendJournal, readJournalFile } from "./rollout/journal-file.ts";
import { type PlannedRuleset, plannedRulesets, proofBudget } from "./rulesets.ts";
import { type LoadedSite, loadSite, siteFlag } from "./site-file.ts";
import { renderOnce } from "./views/claims.ts";
import { renderPlan } from "./views/plan.ts";

interface Flags {
  readonly to: "monitor" | "enforce";
  readonly output: string;
  readonly firewall?: string;
  readonly window?: string;
  readonly baseline?: string;
  readonly site?: string;
  readonly identity?: string;
  readonly report?: string;
  readonly acceptWeakDeadMen: boolean;
  readonly accept?: readonly AcceptanceOrder[];
  readonly detailedExitcode: boolean;
  readonly json: boolean;
}

export const planCommand = buildCommand<Flags, string[], Context>({
  docs: {
    brief:
      "Plans one step of a conduit: what changes, what proves it, how it is undone. Only reads from the firewall",
    fullDescription:
      "With several conduits, or for a pair of firewalls, each step gets a plan of its own: FILE with numbers, to be applied " +
      "in that order. A plan starts from what the ones before it leave, and is refused where they were not applied.",
  },
  parameters: {
    flags: {
      to: { kind: "enum", values: ["monitor", "enforce"], brief: "The stage to take the conduit to" },
      output: { kind: "parsed", parse: String, placeholder: "FILE", brief: "File for the plan" },
      firewall: {
        kind: "parsed",
        parse: String,
        optional: true,
        placeholder: "FIREWALL",
        brief: "Firewall, where the conduit has several",
      },
      window: {
        kind: "parsed",
        parse: String,
        optional: true,
        placeholder: "WINDOW",
        brief: "Window of the site file in which it may be applied (default: at any time)",
      },
      baseline: {
        kind: "parsed",
        parse: String,
        optional: true,
        placeholder: "FILE",
        brief: "Baseline whose flows must pass (default: the evidence that the permits name)",
      },
      site: siteFlag,
      identity: identityFlag,
      report: {
        kind: "parsed",
        parse: String,
        optional: true,
        placeholder: "FILE",
        brief: "Write the review of the plan as one self-contained HTML page (of several: beside each plan)",
      },
      accept: {
        kind: "parsed",
        parse: acceptance,
        optional: true,
        variadic: true,
        placeholder: "NAME=REASON",
        brief:
          "Go on regardless of an obstacle to enforcement: coverage, or a recorded flow (of several conduits: " +
          "CONDUIT/NAME). The approvers sign it",
      },
      acceptWeakDeadMen: {
        kind: "boolean",
        default: false,
        withNegated: false,
        brief:
          "Accept a firewall on which only processes end a trial, none of them held by its kernel or init system",
      },
      detailedExitcode: { kind: "boolean", default: false, brief: "Exit with 2 when the plan has changes" },
      json: jsonFlag,
    },
    aliases: { o: "output" },
    positional: {
      kind: "array",
      minimum: 1,
      parameter: { parse: String, placeholder: "CONDUIT", brief: "The conduits, in this order" },
    },
  },
  async func(flags, ...names) {
    const loaded = loadSite(this, flags.site);
    const { site } = loaded;
    const actor = whoActs(this, flags.identity, site.people);
    const window = flags.window === undefined ? undefined : findNamed(site.windows, flags.window, "window");
    const rulesets = plannedRulesets(this, loaded, names, flags.baseline, loaded.folder);
    const steps = planSteps(site, names, flags.firewall, flags.output);
    for (const { file } of steps) outputPath(this, file, "plan");
    if (flags.report !== undefined) outputPath(this, flags.report, "page");
    const made: MadePlan[] = [];
    const accepted = acceptedFor(names, flags.accept ?? []);
    const planStep = async (step: PlanStep): Promise<MadePlan> => {
      const { conduit, firewall } = step;
      const planned = rulesets.find(
        ({ order }) =>
          order.firewall === firewall.id && order.conduit.id === conduit.id && order.stage === flags.to,
      );
      if (!planned) throw new CommandError(`${conduit.id} does not run over firewall ${firewall.id}`);
      const { baseline } = planned.order;
      const place = placeOf(firewall);
      const order: PlanOrder = {
        ...{ ...step, site, siteFile: basename(loaded.path), siteText: loaded.text, firewall: place },
        ruleset: compiled(this, loaded, planned),
        samples: readHistory(loaded.folder, firewall.id, conduit.id),
        baseline: baseline && {
          name: baseline.sources.map((source) => source.name).join(", "),
          content: baseline,
        },
        ...{ window, author: actor.person.id, created: this.now(), budget: proofBudget() },
        before: made.flatMap(({ plan, file }) =>
          plan?.firewall.id === firewall.id && file !== step.file ? [plan] : [],
        ),
        journal: readJournalFile(loaded.folder).entries,
        acceptWeakDeadMen: flags.acceptWeakDeadMen,
        accept: accepted(conduit.id),
      };
      const planning = await onFirewall(place, actor.identity, ({ driver }) => planChange(order, driver));
      if (planning.kind === "problems") {
        throw new CommandError(
          `no plan for ${conduit.id} on ${firewall.id}:${planning.problems.map((one) => `\n  - ${one}`).join("")}` +
            (made.length > 0 ? "\nNo plan was written, also none of those before it." : ""),
        );
      }
      if (planning.kind === "plan" && planning.drill) {
        const { time, firings } = planning.drill;
        const entry = { time, actor: actor.person.id, action: "drilled", firewall: firewall.id };
        await appendJournal(loaded.folder, [{ ...entry, details: { firings } }]);
      }
      return planning.kind === "plan" ? { ...step, ...madeOf(planning.content, step.file) } : step;
    };
    for (const [index, step] of steps.entries()) {
      // After a split one member has it already, and the other must not wait for a plan that cannot be made.
      const standby = step.pair?.role === "primary" ? made[index - 1] : undefined;
      const one = await planStep(standby && !standby.plan ? alone(step) : step);
      if (standby?.plan && !one.plan) made[index - 1] = await planStep(alone(steps[index - 1]!));
      made.push(one);
    }
    for (const { document, file } of made) {
      if (document) writeFileAtomic(resolve(this.cwd, file), writePlan(document));
    }
    await tell(this, flags, made);
    if (flags.detailedExitcode && made.some(({ plan }) => plan)) this.process.exitCode = exitCodes.changes;
  },
});

/** The step of a member of a pair of which the other one has nothing to do. */
const alone = ({ pair, ...step }: PlanStep): PlanStep => ({
  ...step,
  pair: pair && { ...pair, alone: true },
  together: step.file,
});

function acceptance(text: string): AcceptanceOrder {
  const at = text.lastIndexOf("=");
  const [name, reason] = [text.slice(0, at).trim(), text.slice(at + 1).trim()];
  if (at < 0 || name === "" || reason === "")
    throw new SyntaxError(
      `"${text}" names no reason: give NAME=REASON, as in coverage="the line stands still"`,
    );
  return { name, reason };
}

/** What is accepted is accepted for one conduit: of several, its name says for which. @throws {CommandError} */
function acceptedFor(
  conduits: readonly string[],
  orders: readonly AcceptanceOrder[],
): (conduit: string) => readonly AcceptanceOrder[] {
  if (conduits.length === 1) return () => orders;
  const named = orders.map(({ name, reason }) => {
    const conduit = conduits.find((id) => name.startsWith(`${id}/`));
    if (conduit !== undefined) return { conduit, name: name.slice(conduit.length + 1), reason };
    throw new CommandError(
      `of several conduits, say for which one "${name}" is accepted: --accept "${conduits[0]}/${name}=REASON"`,
    );
  });
  return (id) => named.filter(({ conduit }) => conduit === id);
}

/** A step with its plan, as it stands in its file and as it is in use; without one where there is nothing to do. */
type MadePlan = PlanStep & { readonly document?: PlanDocument; readonly plan?: Plan };

function madeOf(content: PlanContent, file: string): Required<Pick<MadePlan, "document" | "plan">> {
  const document = sealPlan(content);
  const { value: plan } = readPlan(writePlan(document), file);
  if (!plan) throw new Error(`the plan for ${file} cannot be read back`);
  return { document, plan };
}

async function tell(context: Context, flags: Flags, made: readonly MadePlan[]): Promise<void> {
  for (const { plan, conduit, firewall } of made) {
    if (plan) continue;
    context.process.stderr.write(
      `${conduit.id} is in ${flags.to} on ${firewall.id} with these rules: nothing to do\n`,
    );
  }
  if (flags.report !== undefined) {
    for (const { plan, file } of made) {
      if (!plan) continue;
      const page = made.length === 1 ? flags.report : `${file}.html`;
      writeFileAtomic(resolve(context.cwd, page), printHtml(await reviewOf(context, file, plan)));
    }
  }
  const [only, ...others] = made;
  if (!flags.json) {
    for (const { document } of made) if (document) context.process.stdout.write(renderPlan(document));
    if (others.length > 0) {
      const files = made.flatMap(({ plan, file }) => (plan ? [file] : []));
      context.process.stdout.write(
        `in this order, one at a time:\n  sluice approve ${files.join(" ")}\n  sluice apply ${files.join(" ")}\n`,
      );
    }
  } else if (only && others.length === 0) {
    if (only.document) printJson(context.process, only.document);
    else {
      printDocument(context, noChangeDocument, {
        ...{ conduit: only.conduit.id, firewall: only.firewall.id, stage: flags.to },
      });
    }
  } else {
    printDocument(context, plansDocument, {
      plans: made.map(({ conduit, firewall, file, plan }) => ({
        ...{ conduit: conduit.id, firewall: firewall.id, stage: flags.to },
        ...(plan && { file, id: plan.id }),
      })),
    });
  }
}

/** The ruleset, when it is proved. @throws {CommandError} after printing what is not. */
function compiled(context: Context, loaded: LoadedSite, { order, file }: PlannedRuleset): Ruleset {
  const { ruleset, diagnostics } = compileConduit(order);
  const source = (name: string): string | undefined => (file.endsWith(name) ? ruleset?.text : loaded.text);
  context.process.stderr.write(renderOnce([{ diagnostics, source }]));
  const isProved = ruleset?.claims.every((claim) => claim.result === "proved");
  if (ruleset && (isProved || (order.stage === "monitor" && mayBeWritten(ruleset.claims)))) return ruleset;
  throw new CommandError(
    `${order.conduit.id} is not proved for ${order.stage}, so it is not planned${
      order.baseline
        ? ""
        : ": enforcement needs the baseline that shows what must keep working (--baseline FILE)"
    }`,
  );
}
