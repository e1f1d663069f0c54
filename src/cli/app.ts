import { type Application, buildApplication, buildRouteMap, text_en } from "@stricli/core";
import { printableLines } from "../diagnostics/printable.ts";
import { CommandError, type Context, exitCodes } from "./context.ts";
import { systemErrorText } from "./system-error.ts";
import { version } from "./version.ts";

type Route = Parameters<typeof buildRouteMap<string, Context>>[0]["routes"][string];

/** Every command, one file each, loaded when it is asked for: start-up is most of what a short command takes. */
const commands: Readonly<Record<string, () => Promise<Route>>> = {
  init: async () => (await import("./init.ts")).initCommand,
  observe: async () => (await import("./observe/observe.ts")).observeCommand,
  baseline: async () => (await import("./baseline/routes.ts")).baselineRoutes,
  inventory: async () => (await import("./inventory.ts")).inventoryCommand,
  compile: async () => (await import("./compile.ts")).compileCommand,
  verify: async () => (await import("./verify.ts")).verifyCommand,
  explain: async () => (await import("./explain.ts")).explainCommand,
  import: async () => (await import("./import.ts")).importCommand,
  compare: async () => (await import("./compare.ts")).compareCommand,
  check: async () => (await import("./check.ts")).checkCommand,
  fmt: async () => (await import("./fmt.ts")).fmtCommand,
  plan: async () => (await import("./plan/routes.ts")).planRoutes,
  approve: async () => (await import("./approve.ts")).approveCommand,
  apply: async () => (await import("./apply.ts")).applyCommand,
  confirm: async () => (await import("./confirm.ts")).confirmCommand,
  abort: async () => (await import("./abort.ts")).abortCommand,
  rollback: async () => (await import("./rollback.ts")).rollbackCommand,
  "known-good": async () => (await import("./known-good/routes.ts")).knownGoodRoutes,
  drill: async () => (await import("./drill.ts")).drillCommand,
  drift: async () => (await import("./drift.ts")).driftCommand,
  bypass: async () => (await import("./bypass.ts")).bypassCommand,
  isolate: async () => (await import("./isolate.ts")).isolateCommand,
  status: async () => (await import("./status.ts")).statusCommand,
  watch: async () => (await import("./watch.ts")).watchCommand,
  journal: async () => (await import("./journal/routes.ts")).journalRoutes,
  evidence: async () => (await import("./evidence.ts")).evidenceCommand,
  report: async () => (await import("./report.ts")).reportCommand,
  lab: async () => (await import("./lab/routes.ts")).labRoutes,
};

function namesNeededBy([first = ""]: readonly string[]): readonly string[] {
  if (Object.hasOwn(commands, first)) return [first];
  // The version needs none of them, but a program without a command is none.
  return first === "--version" || first === "-v" ? ["lab"] : Object.keys(commands);
}

/** What a command could not do, without a stack where the message is meant for the engineer. */
const explain = (error: unknown): string => {
  if (error instanceof CommandError) return `error: ${printableLines(error.message)}`;
  const refused = systemErrorText(error);
  if (refused !== undefined) return `error: ${printableLines(refused)}`;
  const details = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `internal error (please report it): ${printableLines(details)}`;
};

/** The program as `words` need it: one command where the first word names one, all of them for help and for typing errors. */
export async function applicationFor(words: readonly string[]): Promise<Application<Context>> {
  const loaded = await Promise.all(
    namesNeededBy(words).map(async (name) => [name, await commands[name]!()] as const),
  );
  const routes = buildRouteMap<string, Context>({
    docs: { brief: "Compiles zone and conduit policies into firewall rulesets and enforces them in stages" },
    routes: Object.fromEntries(loaded),
  });
  return buildApplication(routes, {
    name: "sluice",
    versionInfo: { currentVersion: version },
    scanner: { caseStyle: "allow-kebab-for-camel", allowArgumentEscapeSequence: true },
    documentation: { caseStyle: "convert-camel-to-kebab" },
    localization: {
      text: { ...text_en, exceptionWhileRunningCommand: explain, commandErrorResult: explain },
    },
    determineExitCode: (error) => (error instanceof CommandError ? error.exitCode : exitCodes.failed),
  });
}
