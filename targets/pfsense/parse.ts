import type { Program } from "../../src/compile/program.ts";
import type { Diagnostic, Outcome } from "../../src/diagnostics/diagnostic.ts";
import { pfProgram } from "./pf/program.ts";
import { readRuleset } from "./pf/ruleset.ts";
import { isAnchor, type PfStatement } from "./pf/syntax.ts";
import { Unreadable } from "./pf/tokens.ts";

/**
 * Reads a ruleset of ours, as emitted or as `pfctl -sr` prints it behind its tables, into what it does to packets that
 * are forwarded, before the host's own rules. A rule that is not exactly of our form is an error.
 */
export function parse(text: string, file: string): Outcome<Program> {
  try {
    const ruleset = readRuleset(text, file);
    const diagnostics = ruleset.statements.flatMap(foreign);
    return diagnostics.length > 0 ? { diagnostics } : { value: pfProgram(ruleset, "host"), diagnostics };
  } catch (error) {
    if (error instanceof Unreadable) return { diagnostics: [error.diagnostic] };
    throw error;
  }
}

/** We tag, record and drop, and never pass: only the host's own rules let a packet through. */
function foreign(statement: PfStatement): readonly Diagnostic[] {
  if (isAnchor(statement)) return [notOurs(statement.condition, "an anchor")];
  const { action, order, direction, log, tag, tagged, on } = statement;
  const isTag = action === "match" && log === "silent" && tag !== undefined && tagged === undefined;
  const isDeny =
    action === (order === "quick" ? "block" : "match") &&
    log === "log" &&
    tag === undefined &&
    tagged?.holds === "not-tagged";
  if (direction === "in" && !on && ((isTag && order === "last") || isDeny)) return [];
  return [notOurs(statement, "a rule of another form")];
}

const notOurs = (at: { readonly span: Diagnostic["span"] }, what: string): Diagnostic => ({
  code: "pfsense/foreign",
  severity: "error",
  message: `${what} has no place in a ruleset of Sluice`,
  ...(at.span ? { span: at.span } : {}),
  fix: 'compile the ruleset again with "sluice compile"',
});
