import type { Reading, Unmodelled } from "../../../src/compile/reading.ts";
import type { Outcome } from "../../../src/diagnostics/diagnostic.ts";
import { readRoot } from "../config/document.ts";
import { child, childText, type XmlElement } from "../config/xml.ts";
import { pfProgram } from "../pf/program.ts";
import type { Doubt } from "../pf/tokens.ts";
import { readAliases } from "./aliases.ts";
import { defaultRules } from "./defaults.ts";
import { readInterfaces } from "./interfaces.ts";
import { readRule, type World } from "./rules.ts";

/** Whether a text looks like the configuration of a pfSense. */
export const isConfig = (text: string): boolean =>
  /^\s*(?:<\?xml[^>]*\?>\s*)?(?:<!--[\s\S]*?-->\s*)*<pfsense>/.test(text);

/**
 * Reads anybody's config.xml: the rules that pfSense would make of it, floating ones first, then those of interface
 * groups, then those of interfaces, behind its own defaults.
 */
export function readConfig(
  text: string,
  file: string,
  doubt: Doubt,
  unmodelled: readonly Unmodelled[],
): Outcome<Reading> {
  const { value: root, diagnostics } = readRoot(text, file);
  if (!root) return { diagnostics };
  const nat = child(root, "nat")?.children.find(
    ({ name, children }) => name === "rule" || children.some((one) => one.name === "rule"),
  );
  if (nat) doubt("address translation", nat.span);
  // Then pf is off, and everything is forwarded.
  if (child(child(root, "system"), "disablefilter"))
    return { value: { gates: [], unmodelled }, diagnostics: [] };
  const world: World = { aliases: readAliases(root), interfaces: readInterfaces(root), doubt };
  const statements = [
    ...defaultRules(root, world),
    ...inOrder(root, world).flatMap((rule) => readRule(rule, world)),
  ];
  const program = pfProgram({ tables: new Map(), statements }, "nothing", doubt);
  return { value: { gates: [{ name: "pf", program }], unmodelled }, diagnostics: [] };
}

function inOrder(root: XmlElement, { interfaces: { groups } }: World): readonly XmlElement[] {
  const rules = (child(root, "filter")?.children ?? []).filter(({ name }) => name === "rule");
  const rank = (rule: XmlElement): number => {
    if (child(rule, "floating")) return 0;
    return groups.has(childText(rule, "interface") ?? "") ? 1 : 2;
  };
  return [0, 1, 2].flatMap((wanted) => rules.filter((rule) => rank(rule) === wanted));
}
