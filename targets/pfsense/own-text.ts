import type { Outcome } from "../../src/diagnostics/diagnostic.ts";
import type { AddressRange } from "../../src/net/address.ts";
import type { Service } from "../../src/net/service.ts";
import { tagName } from "./names.ts";
import { createTables, type OwnRule, type OwnRuleset } from "./own-rules.ts";
import { readRuleset } from "./pf/ruleset.ts";
import { isAnchor, type PfRule } from "./pf/syntax.ts";
import { Unreadable } from "./pf/tokens.ts";

/**
 * Takes a pf.conf of ours apart into the rules that it was printed from, so that they can be printed as elements of
 * config.xml: an emitted text, or what a host lists of it. What comes of it is read back and compared with the text
 * before it is used.
 */
export function readOwnText(text: string, file: string): Outcome<readonly OwnRuleset[]> {
  try {
    const rules = new Map<string, PfRule[]>();
    for (const statement of readRuleset(text, file).statements) {
      if (isAnchor(statement)) throw notOurs(statement.condition);
      const { conduit } = nameOf(statement);
      const own = rules.get(conduit) ?? [];
      rules.set(conduit, own);
      if (own.some(({ identifier }) => identifier === statement.identifier)) throw twice(statement);
      own.push(statement);
    }
    return { value: [...rules].map(([conduit, own]) => ruleset(conduit, own)), diagnostics: [] };
  } catch (error) {
    if (error instanceof Unreadable) return { diagnostics: [error.diagnostic] };
    throw error;
  }
}

function ruleset(conduit: string, rules: readonly PfRule[]): OwnRuleset {
  const tables = createTables(conduit);
  const own = rules.map(
    (rule): OwnRule => ({
      effect: rule.tag === undefined ? "deny" : "tag",
      part: nameOf(rule).part,
      family: rule.family === "any" ? 4 : rule.family,
      source: side(rule.source.addresses, tables.side),
      destination: side(rule.destination.addresses, tables.side),
      service: service(rule),
      tracker: rule.identifier ?? 0,
    }),
  );
  return {
    conduit,
    stage: rules.some(({ action }) => action === "block") ? "enforce" : "monitor",
    tag: tagName(conduit),
    tables: tables.all(),
    groups: [{ heading: "", rules: own }],
  };
}

/** `any`, a list, or the firewall itself, which is the one end without an address. */
const side = (
  addresses: readonly AddressRange[] | "any",
  name: (ranges: readonly AddressRange[]) => OwnRule["source"],
): OwnRule["source"] => {
  if (addresses === "any") return { kind: "any" };
  return addresses.length === 0 ? { kind: "self" } : name(addresses);
};

function service({ protocols, icmp, destination }: PfRule): Service {
  if (icmp !== "any") return { kind: "icmp", family: icmp[0]!.family, type: icmp[0]!.type };
  if (protocols === "any") return { kind: "any" };
  const protocol = protocols[0]!.from;
  return destination.ports === "any"
    ? { kind: "protocol", protocol }
    : { kind: "ports", protocol, ...destination.ports[0]! };
}

/** The conduit and the part that a rule's labels name: ours in an anchor, pfSense's around our description otherwise. */
function nameOf(rule: PfRule): { readonly conduit: string; readonly part: string } {
  const found = /\bsluice:([a-z][a-z0-9-]*)[: ]([a-z(][a-z0-9()-]*)/.exec(rule.labels.join(" "));
  if (!found) throw notOurs(rule);
  return { conduit: found[1]!, part: found[2]! };
}

/** An anchor stands before the rules of config.xml; together they are no configuration. */
const twice = ({ span, identifier }: PfRule): Unreadable =>
  new Unreadable(
    "pf/not-modelled",
    `the rule ${identifier} stands here twice: the text was listed while a trial, or what was confirmed and not persisted, stood before the rules of config.xml`,
    span,
  );

const notOurs = ({ span }: PfRule): Unreadable =>
  new Unreadable("pf/not-modelled", "this rule is not of a ruleset that Sluice wrote", span);
