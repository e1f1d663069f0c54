import { buildCommand } from "@stricli/core";
import { type Diagnostic, hasErrors } from "../diagnostics/diagnostic.ts";
import { sarifLog } from "../diagnostics/sarif.ts";
import { checks } from "../policy/checks/registry.ts";
import { type CheckReport, runChecks } from "../policy/checks/run.ts";
import { checkFacts } from "./check-facts.ts";
import { CommandError, type Context, exitCodes } from "./context.ts";
import { jsonFlag, printDocument, printJson } from "./documents/document.ts";
import { checkDocument } from "./documents/site.ts";
import { readSiteFile } from "./site-file.ts";
import { version } from "./version.ts";
import { renderCheck } from "./views/check.ts";

interface Flags {
  readonly json: boolean;
  readonly sarif: boolean;
}

export const checkCommand = buildCommand<Flags, [site?: string], Context>({
  docs: { brief: "Reads a site file as a colleague would: errors, and what is worth a second look" },
  parameters: {
    flags: {
      json: jsonFlag,
      sarif: { kind: "boolean", brief: "Print a SARIF 2.1.0 log", default: false },
    },
    positional: {
      kind: "tuple",
      parameters: [
        {
          brief: "Site file, or a folder of them (default: the nearest site.yaml)",
          parse: String,
          placeholder: "SITE",
          optional: true,
        },
      ],
    },
  },
  func(flags, path) {
    if (flags.json && flags.sarif)
      throw new CommandError("--json and --sarif exclude each other", exitCodes.usage);
    const { outcome, texts, folder } = readSiteFile(this, path);
    const site = outcome.value;
    const report: CheckReport =
      site === undefined
        ? { diagnostics: [], silenced: [] }
        : runChecks(checkFacts(site, folder, this.now()));
    const diagnostics: readonly Diagnostic[] = [...outcome.diagnostics, ...report.diagnostics];
    const { stdout } = this.process;
    if (flags.json) {
      printDocument(this, checkDocument, { diagnostics, silenced: report.silenced });
    } else if (flags.sarif) {
      const rules = checks.map(({ id, about, fix }) => ({ id: `check/${id}`, about, fix }));
      printJson(this.process, sarifLog(diagnostics, report.silenced, { version, rules }));
    } else stdout.write(renderCheck(diagnostics, report.silenced, texts));
    if (hasErrors(diagnostics)) this.process.exitCode = exitCodes.failed;
  },
});
