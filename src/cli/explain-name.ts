import { printable } from "../diagnostics/printable.ts";
import { checks } from "../policy/checks/registry.ts";
import { explainCheck, explainName, type NameExplanation, namesOf } from "../policy/explain.ts";
import { didYouMean } from "../policy/suggest.ts";
import { CommandError, type Context, exitCodes } from "./context.ts";
import { printDocument } from "./documents/document.ts";
import { nameDocument } from "./documents/site.ts";
import { loadSite } from "./site-file.ts";

/**
 * Explains a name rather than a packet: of a zone, a conduit, a permit, an asset or a check. A packet's text holds spaces, a name
 * never does: call it for a text without.
 * @throws {CommandError} when nothing bears the name.
 */
export function explainNamed(
  context: Context,
  name: string,
  options: { readonly site?: string; readonly json?: boolean },
): void {
  const found = named(context, name, options.site);
  if (options.json) printDocument(context, nameDocument, { found: found.map(asDocument) });
  else context.process.stdout.write(found.map(asText).join("\n"));
}

function named(context: Context, name: string, siteFile: string | undefined): readonly NameExplanation[] {
  const check = explainCheck(name);
  if (check) return [check];
  const { site } = loadSite(context, siteFile);
  const found = explainName(site, name);
  if (found.length > 0) return found;
  const guess = didYouMean(name, [...namesOf(site), ...checks.map(({ id }) => id)]);
  throw new CommandError(
    `there is no zone, conduit, permit, asset or check "${printable(name)}": ` +
      (guess ?? 'write a permit as CONDUIT.PERMIT, a packet as in "tcp 10.2.0.5 -> 10.1.0.10:502"'),
    exitCodes.usage,
  );
}

const asDocument = ({ rows, ...rest }: NameExplanation) => ({ ...rest, ...Object.fromEntries(rows) });

function asText({ kind, name, rows, span }: NameExplanation): string {
  const width = Math.max(...rows.map(([label]) => label.length));
  const place = span === undefined ? "" : ` (${span.file}:${span.line})`;
  const lines = rows.map(([label, text]) => `  ${label.padEnd(width)}  ${printable(text)}\n`);
  return `${kind} ${printable(name + place)}\n${lines.join("")}`;
}
