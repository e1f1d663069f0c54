import { printable } from "../diagnostics/printable.ts";
import { checks } from "../policy/checks/registry.ts";
import { explainCheck, explainName, type NameExplanation } from "../policy/explain.ts";
import { CommandError, type Context, exitCodes } from "./context.ts";
import { printDocument } from "./documents/document.ts";
import { nameDocument } from "./documents/site.ts";
import { loadSite } from "./site-file.ts";

/**
 * Explains a name rather than a packet: a check by its id, a permit, an asset. A packet's text holds spaces, a name
 * never does: call it for a text without.
 * @throws {CommandError} when nothing bears the name.
 */
export function explainNamed(
  context: Context,
  name: string,
  options: { readonly site?: string; readonly json?: boolean },
): void {
  const check = explainCheck(name);
  const found = check ? [check] : explainName(loadSite(context, options.site).site, name);
  if (found.length === 0) {
    const ids = checks.map(({ id }) => id).join(", ");
    throw new CommandError(
      `there is no check, permit or asset "${printable(name)}"; a permit is written conduit.permit, and the checks are ${ids}`,
      exitCodes.usage,
    );
  }
  if (options.json) printDocument(context, nameDocument, { found: found.map(asDocument) });
  else context.process.stdout.write(found.map(asText).join("\n"));
}

const asDocument = ({ rows, ...rest }: NameExplanation) => ({ ...rest, ...Object.fromEntries(rows) });

function asText({ kind, name, rows, span }: NameExplanation): string {
  const width = Math.max(...rows.map(([label]) => label.length));
  const place = span === undefined ? "" : ` (${span.file}:${span.line})`;
  const lines = rows.map(([label, text]) => `  ${label.padEnd(width)}  ${printable(text)}\n`);
  return `${kind} ${printable(name + place)}\n${lines.join("")}`;
}
