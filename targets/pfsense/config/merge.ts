import { hasErrors, type Outcome } from "../../../src/diagnostics/diagnostic.ts";
import type { OwnRuleset } from "../own-rules.ts";
import { type ConfigDocument, openConfig } from "./document.ts";
import { aliasElements, ruleElements } from "./elements.ts";
import { refusals } from "./refusals.ts";
import { applyEdits, type Edit, insertion, removals } from "./splice.ts";
import type { XmlElement } from "./xml.ts";

/**
 * A config.xml with exactly these rules of ours, floating and above all others, and every other byte as it was. Doing
 * it again changes nothing, and with no conduit the file is what it was before the first time.
 * What speaks against rules of ours keeps them out; where they are in already, it must not keep them from being taken
 * back, and is a warning.
 */
export function mergeConfig(text: string, file: string, own: readonly OwnRuleset[]): Outcome<string> {
  const opened = openConfig(text, file);
  if (!opened.value) return { diagnostics: opened.diagnostics };
  const found = refusals(opened.value);
  const isFirst = opened.value.ownRules.length === 0 && own.length > 0;
  if (isFirst && hasErrors(found)) return { diagnostics: found };
  const diagnostics = found.map((one) => ({ ...one, severity: "warning" as const }));
  const bare = withoutOwn(opened.value);
  if (own.length === 0) return { value: bare, diagnostics };
  const { value: document, diagnostics: faults } = openConfig(bare, file);
  if (!document) return { diagnostics: faults };
  const aliases = own.flatMap(aliasElements);
  const edits = [
    put(document, "filter", "rule", own.flatMap(ruleElements)),
    ...(aliases.length > 0 ? [put(document, "aliases", "alias", aliases)] : []),
  ];
  return { value: applyEdits(bare, edits), diagnostics };
}

function withoutOwn(document: ConfigDocument): string {
  const { text, filter, aliases, ownRules: rules, ownAliases } = document;
  return applyEdits(text, [...takeOut(text, filter, rules), ...takeOut(text, aliases, ownAliases)]);
}

/** Our elements, and where we made their parent, the parent too: a comment in it says what stood there. */
function takeOut(text: string, parent: XmlElement | undefined, own: readonly XmlElement[]): readonly Edit[] {
  if (!parent || own.length === 0) return [];
  const note = remembered.exec(text.slice(parent.innerStart, parent.innerEnd));
  if (!note) return removals(text, parent, own);
  if (own.length === parent.children.length)
    return [{ from: parent.start, to: parent.end, text: note[1] ?? "" }];
  const at = parent.innerStart + note.index;
  return [{ from: at, to: at + note[0].length, text: "" }, ...removals(text, parent, own)];
}

const remembered = /^<!-- made by sluice(?:; before: (<[^<>]*\/>))? -->/;
const remember = (before: string): string =>
  before === "" ? "<!-- made by sluice -->" : `<!-- made by sluice; before: ${before} -->`;

/** Our elements before the first of their kind, in a parent that may have to be made. */
function put(
  document: ConfigDocument,
  parent: "filter" | "aliases",
  kind: string,
  elements: readonly string[],
): Edit {
  const { text, root, [parent]: container } = document;
  if (container && container.innerEnd < container.end) {
    const next = container.children.find(({ name }) => name === kind) ?? container.children[0];
    return insertion(text, container, next, elements);
  }
  const before = container ? text.slice(container.start, container.end) : "";
  const [from, to] = container ? [container.start, container.end] : [root.innerEnd, root.innerEnd];
  const lines = elements.map((one) => `\n\t\t${one}`).join("");
  return { from, to, text: `<${parent}>${remember(before)}${lines}\n\t</${parent}>` };
}
