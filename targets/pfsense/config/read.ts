import type { Diagnostic, Outcome } from "../../../src/diagnostics/diagnostic.ts";
import { parseDescription } from "../names.ts";
import { type ConfigDocument, fault, openConfig } from "./document.ts";
import { generateRule, generateTable } from "./generate.ts";
import { child, childText, type XmlElement } from "./xml.ts";

/** Our part of a config.xml: the pf.conf that pfSense makes of it, conduit by conduit, in its order. */
export interface OwnConfig {
  readonly document: ConfigDocument;
  readonly conduits: ReadonlyMap<string, string>;
  /** Of every rule of ours, as often as it must be in the generated rules. */
  readonly trackers: readonly string[];
}

/**
 * Reads our elements of a config.xml. A field that ours never have, an alias that is not there or not of plain
 * prefixes, and a rule that pfSense would leave out are errors: each would let the rules mean something else.
 */
export function readOwnConfig(text: string, file: string): Outcome<OwnConfig> {
  const { value: document, diagnostics } = openConfig(text, file);
  if (!document) return { diagnostics };
  const faults = [...document.ownAliases.flatMap(aliasFaults), ...document.ownRules.flatMap(fieldFaults)];
  if (faults.length > 0) return { diagnostics: faults };
  const aliases = new Map(document.ownAliases.map((alias) => [childText(alias, "name")!, alias]));
  const conduits = new Map<string, string[]>();
  const of = (element: XmlElement): string[] => {
    const { conduit } = parseDescription(childText(element, "descr")!)!;
    const lines = conduits.get(conduit) ?? [];
    conduits.set(conduit, lines);
    return lines;
  };
  for (const alias of document.ownAliases) of(alias).push(generateTable(alias));
  const names = new Set(aliases.keys());
  const vanished: Diagnostic[] = [];
  for (const rule of document.ownRules) {
    const line = generateRule(rule, names);
    if (line.startsWith("#")) vanished.push(vanishes(rule, line));
    of(rule).push(line);
  }
  if (vanished.length > 0) return { diagnostics: vanished };
  return {
    value: {
      document,
      conduits: new Map([...conduits].map(([conduit, lines]) => [conduit, `${lines.join("\n")}\n`])),
      trackers: document.ownRules.map((rule) => childText(rule, "tracker")!),
    },
    diagnostics: [],
  };
}

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

const vanishes = (rule: XmlElement, line: string): Diagnostic => ({
  ...fault("pfsense/rule-vanishes", `pfSense leaves this rule out: ${line.replace(/^# /, "")}`, rule),
  fix: "apply the confirmed ruleset again",
});
