import type { Diagnostic, Outcome } from "../../../src/diagnostics/diagnostic.ts";
import { parseDescription } from "../names.ts";
import { fault, openConfig } from "./document.ts";
import { generateRule, generateTable } from "./generate.ts";
import { child, childText, type XmlElement } from "./xml.ts";

/** One conduit of a config.xml: the pf.conf that pfSense makes of it, and why that is not what it should be. */
export interface ConfiguredConduit {
  readonly conduit: string;
  readonly text: string;
  readonly faults: readonly Diagnostic[];
}

/** Our part of a config.xml. */
export interface OwnConfig {
  readonly conduits: readonly ConfiguredConduit[];
  /** Of every rule of ours, as often as it must be in the generated rules. */
  readonly trackers: readonly string[];
}

/**
 * Reads our elements of a config.xml. A field that ours never have, an alias that is not of plain prefixes, a rule that
 * pfSense would leave out, and a floating rule of others above ours are faults: each lets the rules mean something else.
 */
export function readOwnConfig(text: string, file: string): Outcome<OwnConfig> {
  const { value: document, diagnostics } = openConfig(text, file);
  if (!document) return { diagnostics };
  const conduits = new Map<string, { readonly lines: string[]; readonly faults: Diagnostic[] }>();
  const add = (element: XmlElement, line: string, faults: readonly Diagnostic[]): void => {
    const { conduit } = parseDescription(childText(element, "descr")!)!;
    const entry = conduits.get(conduit) ?? { lines: [], faults: [] };
    conduits.set(conduit, entry);
    entry.lines.push(line);
    entry.faults.push(...faults);
  };
  const aliases = new Set(document.ownAliases.map((alias) => childText(alias, "name")!));
  for (const alias of document.ownAliases) add(alias, generateTable(alias), aliasFaults(alias));
  const above = document.foreignRules.find(isFloating);
  for (const rule of document.ownRules) {
    const line = generateRule(rule, aliases);
    add(rule, line, [
      ...fieldFaults(rule),
      ...(line.startsWith("#") ? [vanishes(rule, line)] : []),
      ...(above && above.start < rule.start ? [notFirst(rule, above)] : []),
    ]);
  }
  return {
    value: {
      conduits: [...conduits].map(([conduit, { lines, faults }]) => ({
        conduit,
        text: `${lines.join("\n")}\n`,
        faults,
      })),
      trackers: document.ownRules.map((rule) => childText(rule, "tracker")!),
    },
    diagnostics: [],
  };
}

const isFloating = (rule: XmlElement): boolean =>
  child(rule, "floating") !== undefined && child(rule, "disabled") === undefined;

const ruleFields: ReadonlySet<string> = new Set([
  "id",
  "tracker",
  "type",
  "interface",
  "ipprotocol",
  "tag",
  "tagged",
  "nottagged",
  "direction",
  "quick",
  "floating",
  "disablereplyto",
  "protocol",
  "tcpflags_any",
  "icmptype",
  "source",
  "destination",
  "log",
  "descr",
  // Who touched it and when: pfSense's own notes, without a say in the rule.
  "created",
  "updated",
]);

function fieldFaults(rule: XmlElement): readonly Diagnostic[] {
  const foreign = rule.children.filter(({ name }) => !ruleFields.has(name));
  const filled = ["interface", "id"]
    .flatMap((name) => child(rule, name) ?? [])
    .filter(({ text }) => text !== "");
  const missing = ["floating", "disablereplyto"].filter((name) => !child(rule, name));
  return [
    ...[...foreign, ...filled].map((field) =>
      fault(
        "pfsense/foreign-field",
        `a rule of Sluice has no <${field.name}> of that kind; somebody changed it`,
        field,
      ),
    ),
    ...missing.map((name) =>
      fault("pfsense/foreign-field", `a rule of Sluice has <${name}>; somebody took it out`, rule),
    ),
  ];
}

/** One range or host name in an alias and pfSense empties it until it can be resolved. */
function aliasFaults(alias: XmlElement): readonly Diagnostic[] {
  const entries = (childText(alias, "address") ?? "").split(/\s+/);
  const plain = entries.every((entry) => /^[0-9a-f.:]+\/\d{1,3}$/i.test(entry));
  if (childText(alias, "type") === "network" && plain) return [];
  return [fault("pfsense/foreign-alias", "an alias of Sluice holds prefixes, and at least one", alias)];
}

const notFirst = (rule: XmlElement, above: XmlElement): Diagnostic => ({
  ...fault(
    "pfsense/not-first",
    "a floating rule of others stands above this one and may decide before it",
    rule,
  ),
  related: [{ span: above.span, message: "the rule above" }],
  fix: "move it below the rules of Sluice, or apply the confirmed ruleset again",
});

const vanishes = (rule: XmlElement, line: string): Diagnostic => ({
  ...fault("pfsense/rule-vanishes", `pfSense leaves this rule out: ${line.replace(/^# /, "")}`, rule),
  fix: "apply the confirmed ruleset again",
});
