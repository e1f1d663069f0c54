import { type Application, buildApplication, buildRouteMap, text_en } from "@stricli/core";
import { abortCommand } from "./abort.ts";
import { applyCommand } from "./apply.ts";
import { approveCommand } from "./approve.ts";
import { baselineRoutes } from "./baseline/routes.ts";
import { bypassCommand } from "./bypass.ts";
import { checkCommand } from "./check.ts";
import { compareCommand } from "./compare.ts";
import { compileCommand } from "./compile.ts";
import { confirmCommand } from "./confirm.ts";
import { CommandError, type Context, exitCodes } from "./context.ts";
import { driftCommand } from "./drift.ts";
import { evidenceCommand } from "./evidence.ts";
import { explainCommand } from "./explain.ts";
import { fmtCommand } from "./fmt.ts";
import { importCommand } from "./import.ts";
import { initCommand } from "./init.ts";
import { isolateCommand } from "./isolate.ts";
import { journalRoutes } from "./journal/routes.ts";
import { labRoutes } from "./lab/routes.ts";
import { observeCommand } from "./observe.ts";
import { planRoutes } from "./plan/routes.ts";
import { reportCommand } from "./report.ts";
import { rollbackCommand } from "./rollback.ts";
import { statusCommand } from "./status.ts";
import { verifyCommand } from "./verify.ts";
import { version } from "./version.ts";

/** Every command, one file each. */
const routes = buildRouteMap<string, Context>({
  docs: { brief: "Compiles zone and conduit policies into firewall rulesets and enforces them in stages" },
  routes: {
    init: initCommand,
    observe: observeCommand,
    baseline: baselineRoutes,
    compile: compileCommand,
    verify: verifyCommand,
    explain: explainCommand,
    import: importCommand,
    compare: compareCommand,
    check: checkCommand,
    fmt: fmtCommand,
    plan: planRoutes,
    approve: approveCommand,
    apply: applyCommand,
    confirm: confirmCommand,
    abort: abortCommand,
    rollback: rollbackCommand,
    drift: driftCommand,
    bypass: bypassCommand,
    isolate: isolateCommand,
    status: statusCommand,
    journal: journalRoutes,
    evidence: evidenceCommand,
    report: reportCommand,
    lab: labRoutes,
  },
});

/** What a command could not do, without a stack where the message is meant for the engineer. */
const explain = (error: unknown): string => {
  if (error instanceof CommandError) return `error: ${error.message}`;
  const details = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `internal error (please report it): ${details}`;
};

export const application: Application<Context> = buildApplication(routes, {
  name: "sluice",
  versionInfo: { currentVersion: version },
  scanner: { caseStyle: "allow-kebab-for-camel", allowArgumentEscapeSequence: true },
  documentation: { caseStyle: "convert-camel-to-kebab" },
  localization: {
    text: { ...text_en, exceptionWhileRunningCommand: explain, commandErrorResult: explain },
  },
  determineExitCode: (error) => (error instanceof CommandError ? error.exitCode : exitCodes.failed),
});
