import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { renderDiagnostic, type SourceLookup } from "../diagnostics/render.ts";
import { count } from "../report/words.ts";
import { CommandError, type Context } from "./context.ts";

/** Shows what was found in a file, each finding with its place. They are the command's words, no part of its error. */
export function tell(
  { process }: Pick<Context, "process">,
  diagnostics: readonly Diagnostic[],
  source: SourceLookup,
): void {
  for (const one of diagnostics) process.stderr.write(`${renderDiagnostic(one, source)}\n\n`);
}

/** The error of a command whose file was not accepted, after what was found has been told: `x.plan has 1 error`. */
export function refusal(name: string, diagnostics: readonly Diagnostic[]): CommandError {
  const errors = diagnostics.filter(({ severity }) => severity === "error").length;
  return new CommandError(`${name} has ${count(errors, "error")}`);
}
