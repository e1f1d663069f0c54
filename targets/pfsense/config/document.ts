import type { Diagnostic, Outcome } from "../../../src/diagnostics/diagnostic.ts";
import { firstTracker, parseDescription } from "../names.ts";
import { child, childText, readXml, type XmlElement } from "./xml.ts";

/** A config.xml as far as Sluice has to do with it. */
export interface ConfigDocument {
  readonly text: string;
  readonly root: XmlElement;
  readonly filter: XmlElement | undefined;
  readonly aliases: XmlElement | undefined;
  readonly ownRules: readonly XmlElement[];
  readonly ownAliases: readonly XmlElement[];
  readonly foreignRules: readonly XmlElement[];
}

/**
 * Opens a config.xml. Refused are files that pfSense would not read, and elements that are ours by one mark and not by
 * the other: neither can be changed without harm.
 */
export function openConfig(text: string, file: string): Outcome<ConfigDocument> {
  const { value: root, diagnostics } = readRoot(text, file);
  if (!root) return { diagnostics };
  const filter = child(root, "filter");
  const aliases = child(root, "aliases");
  const rules = filter?.children.filter(({ name }) => name === "rule") ?? [];
  const allAliases = aliases?.children.filter(({ name }) => name === "alias") ?? [];
  const faults = [
    ...repeated(root, ["filter", "aliases"]),
    ...[...rules, ...allAliases].flatMap((element) => repeated(element)),
    ...rules.filter(isHalfOwnRule).map((rule) => halfOwn(rule, "a rule")),
    ...allAliases.filter(isHalfOwnAlias).map((alias) => halfOwn(alias, "an alias")),
  ];
  if (faults.length > 0) return { diagnostics: faults };
  return {
    value: {
      text,
      root,
      filter,
      aliases,
      ownRules: rules.filter(isOwnRule),
      ownAliases: allAliases.filter(isOwnAlias),
      foreignRules: rules.filter((rule) => !isOwnRule(rule)),
    },
    diagnostics: [],
  };
}

const hasOwnTracker = (rule: XmlElement): boolean => Number(childText(rule, "tracker") ?? 0) >= firstTracker;
const hasOwnDescription = (element: XmlElement): boolean =>
  parseDescription(childText(element, "descr") ?? "") !== undefined;
const hasOwnName = (alias: XmlElement): boolean => childText(alias, "name")?.startsWith("sluice_") === true;

const isOwnRule = (rule: XmlElement): boolean => hasOwnTracker(rule) && hasOwnDescription(rule);
const isHalfOwnRule = (rule: XmlElement): boolean => hasOwnTracker(rule) !== hasOwnDescription(rule);
const isOwnAlias = (alias: XmlElement): boolean => hasOwnName(alias) && hasOwnDescription(alias);
const isHalfOwnAlias = (alias: XmlElement): boolean => hasOwnName(alias) !== hasOwnDescription(alias);

const halfOwn = (element: XmlElement, what: string): Diagnostic => ({
  ...fault("pfsense/half-own", `${what} has one mark of Sluice and not the other`, element),
  fix: "give it another description and tracker or name, or remove it: Sluice must know what is its own",
});

/** Of pfSense's lists (xmlparse.inc: listtags), the one that can stand in a rule or an alias. */
const lists: ReadonlySet<string> = new Set(["aliasurl"]);

/** pfSense refuses a configuration in which an element that is not a list occurs twice. */
function repeated(parent: XmlElement, names?: readonly string[]): readonly Diagnostic[] {
  const seen = new Set<string>();
  return parent.children.flatMap((element) => {
    const isAgain = seen.has(element.name) && (names?.includes(element.name) ?? !lists.has(element.name));
    seen.add(element.name);
    return isAgain
      ? [
          fault(
            "pfsense/repeated",
            `<${element.name}> may occur once here; pfSense refuses the whole file`,
            element,
          ),
        ]
      : [];
  });
}

/** The outermost element of a config.xml. */
export function readRoot(text: string, file: string): Outcome<XmlElement> {
  const { value: root, diagnostics } = readXml(text, file);
  if (!root || root.name === "pfsense") return { ...(root && { value: root }), diagnostics };
  const message = `the outermost element is <${root.name}>, not <pfsense>`;
  return { diagnostics: [fault("pfsense/not-a-config", message, root)] };
}

export const fault = (code: string, message: string, { span }: XmlElement): Diagnostic => ({
  code,
  severity: "error",
  message,
  span,
});
