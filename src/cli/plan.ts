import { basename, resolve } from "node:path";
import { buildCommand } from "@stricli/core";
import { targets } from "../../targets/index.ts";
import { sealPlan, writePlan } from "../plan/plan-file.ts";
import type { Conduit, Window } from "../policy/model.ts";
import { printHtml } from "../report/print-html.ts";
import type { AcceptanceOrder } from "../rollout/acceptances.ts";
import { planChange } from "../rollout/planning.ts";
import { mayBeWritten } from "../verify/claims/claim.ts";
import { compileConduit, type Ruleset } from "../verify/compile.ts";
import { CommandError, type Context, exitCodes } from "./context.ts";
import { noChangeDocument } from "./documents/change.ts";
import { jsonFlag, printDocument, printJson } from "./documents/document.ts";
import { writeFileAtomic } from "./files.ts";
import { reviewOf } from "./plan/review-of.ts";
import { identityFlag, siteFlag, whoActs } from "./rollout/actor.ts";
import { onFirewall, placeOf } from "./rollout/firewall.ts";
import { readHistory } from "./rollout/history-file.ts";
import { appendJournal, readJournalFile } from "./rollout/journal-file.ts";
import { loadPlan } from "./rollout/plan-files.ts";
import { type PlannedRuleset, plannedRulesets, proofBudget } from "./rulesets.ts";
import { type LoadedSite, loadSite } from "./site-file.ts";
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

export const planCommand = buildCommand<Flags, [conduit: string], Context>({
  docs: {
    brief:
      "Plans one step of a conduit: what changes, what proves it, how it is undone. Only reads from the firewall",
  },
  parameters: {
    flags: {
      to: { kind: "enum", values: ["monitor", "enforce"], brief: "The stage to take the conduit to" },
      output: { kind: "parsed", parse: String, placeholder: "FILE", brief: "File for the plan" },
      firewall: {
        kind: "parsed",
        parse: String,
        optional: true,
        brief: "Firewall, where the conduit has several",
      },
      window: { kind: "parsed", parse: String, optional: true, brief: "Window in which it may be applied" },
      baseline: {
        kind: "parsed",
        parse: String,
        optional: true,
        placeholder: "FILE",
        brief: "Baseline to keep (default: the evidence that the permits name)",
      },
      site: siteFlag,
      identity: identityFlag,
      report: {
        kind: "parsed",
        parse: String,
        optional: true,
        placeholder: "FILE",
        brief: "Write the review of the plan as one self-contained HTML page",
      },
      accept: {
        kind: "parsed",
        parse: acceptance,
        optional: true,
        variadic: true,
        placeholder: "NAME=REASON",
        brief:
          "Accept by name what speaks against enforcing (coverage, or a recorded flow); approvers sign it",
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
      kind: "tuple",
      parameters: [{ parse: String, placeholder: "CONDUIT", brief: "The conduit" }],
    },
  },
  async func(flags, conduitId) {
    const loaded = loadSite(this, flags.site);
    const { site } = loaded;
    const actor = whoActs(this, flags.identity, site.people);
    const conduit = find(site.conduits, conduitId, "conduit");
    const firewall = find(site.firewalls, flags.firewall ?? onlyFirewall(conduit), "firewall");
    const target = targets.get(firewall.target);
    if (!target) throw new CommandError(`firewall ${firewall.id}: there is no target "${firewall.target}"`);
    const window: Window | undefined =
      flags.window === undefined ? undefined : find(site.windows, flags.window, "window");
    const planned = plannedRulesets(this, loaded, [conduitId], flags.baseline, loaded.folder).find(
      ({ order }) => order.firewall === firewall.id && order.stage === flags.to,
    );
    if (!planned) throw new CommandError(`${conduitId} does not run over firewall ${firewall.id}`);
    const ruleset = compiled(this, loaded, planned);
    const { baseline } = planned.order;
    const file = resolve(this.cwd, flags.output);
    const place = placeOf(firewall);
    const planning = await onFirewall(place, actor.identity, ({ driver }) =>
      planChange(
        {
          site,
          siteFile: basename(loaded.path),
          siteText: loaded.text,
          conduit,
          firewall: place,
          target,
          ruleset,
          samples: readHistory(loaded.folder, firewall.id, conduit.id),
          baseline: baseline && {
            name: baseline.sources.map((source) => source.name).join(", "),
            content: baseline,
          },
          window,
          author: actor.person.id,
          created: this.now(),
          budget: proofBudget(),
          file: flags.output,
          journal: readJournalFile(loaded.folder).entries,
          acceptWeakDeadMen: flags.acceptWeakDeadMen,
          accept: flags.accept ?? [],
        },
        driver,
      ),
    );
    switch (planning.kind) {
      case "problems":
        throw new CommandError(
          `no plan for ${conduitId} on ${firewall.id}:${planning.problems.map((one) => `\n  - ${one}`).join("")}`,
        );
      case "no-change":
        this.process.stderr.write(
          `${conduitId} is in ${flags.to} on ${firewall.id} with these rules: nothing to do\n`,
        );
        if (flags.json) {
          const { stage } = planned.order;
          printDocument(this, noChangeDocument, { conduit: conduitId, firewall: firewall.id, stage });
        }
        return;
      case "plan": {
        const { drill } = planning;
        if (drill) {
          await appendJournal(loaded.folder, [
            {
              time: drill.time,
              actor: actor.person.id,
              action: "drilled",
              firewall: firewall.id,
              details: { firings: drill.firings },
            },
          ]);
        }
        const plan = sealPlan(planning.content);
        writeFileAtomic(file, writePlan(plan));
        if (flags.report !== undefined) {
          const review = await reviewOf(this, flags.output, loadPlan(this, flags.output));
          writeFileAtomic(resolve(this.cwd, flags.report), printHtml(review));
        }
        if (flags.json) printJson(this.process, plan);
        else this.process.stdout.write(renderPlan(plan));
        if (flags.detailedExitcode) this.process.exitCode = exitCodes.changes;
      }
    }
  },
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

function find<T extends { readonly id: string }>(all: readonly T[], id: string, what: string): T {
  const found = all.find((one) => one.id === id);
  if (found) return found;
  const known = all.map((one) => one.id).join(", ");
  throw new CommandError(`there is no ${what} "${id}" in the site file; it has ${known || "none"}`);
}

function onlyFirewall(conduit: Conduit): string {
  const [first, ...others] = conduit.firewalls;
  if (first !== undefined && others.length === 0) return first;
  throw new CommandError(
    first === undefined
      ? `conduit ${conduit.id} has no firewall`
      : `conduit ${conduit.id} runs over ${conduit.firewalls.join(" and ")}: choose with --firewall`,
  );
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
