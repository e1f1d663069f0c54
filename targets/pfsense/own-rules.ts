import type { ConduitRules, PermitRules, Stage } from "../../src/compile/ir.ts";
import { products } from "../../src/compile/legalise/address-lists.ts";
import { legalRules } from "../../src/compile/legalise/legal-rules.ts";
import { isMatchable } from "../../src/compile/legalise/port-numbers.ts";
import { toPrefixes } from "../../src/compile/legalise/prefixes.ts";
import { type AddressRange, type Family, formatRange } from "../../src/net/address.ts";
import { formatService, type Service } from "../../src/net/service.ts";
import { capabilities } from "./capabilities.ts";
import { type Role, tableName, tagName, trackerOf } from "./names.ts";

/** One end of a rule of ours: everything, the firewall itself, one prefix, or a table of several. */
export type Side =
  | { readonly kind: "any" }
  | { readonly kind: "self" }
  | { readonly kind: "prefix"; readonly prefix: string }
  | { readonly kind: "table"; readonly table: string };

/** `tag` marks what is admitted; `deny` records what carries no mark, and drops it under enforcement. */
export interface OwnRule {
  readonly effect: "tag" | "deny";
  readonly part: string;
  readonly family: Family;
  readonly source: Side;
  readonly destination: Side;
  readonly service: Service;
  readonly tracker: number;
}

export interface OwnTable {
  readonly name: string;
  readonly prefixes: readonly string[];
}

/** Rules that belong together, under a heading for the reader. */
export interface OwnGroup {
  readonly heading: string;
  readonly rules: readonly OwnRule[];
}

/** A conduit in pf's terms. Both emitters print exactly this: pf.conf for an anchor, elements for config.xml. */
export interface OwnRuleset {
  readonly conduit: string;
  readonly stage: Stage;
  readonly tag: string;
  readonly tables: readonly OwnTable[];
  readonly groups: readonly OwnGroup[];
}

/** Gives sets of addresses, of one IP version each, a place in rules; those of several prefixes become tables. */
export interface Tables {
  side(ranges: readonly AddressRange[]): Side;
  all(): readonly OwnTable[];
}

export function createTables(conduit: string): Tables {
  const tables = new Map<string, OwnTable>();
  return {
    side(ranges) {
      const prefixes = toPrefixes(ranges).map(formatRange);
      const [only] = prefixes;
      if (prefixes.length === 1 && only?.endsWith("/0")) return { kind: "any" };
      if (prefixes.length === 1) return { kind: "prefix", prefix: only! };
      const name = tableName(conduit, prefixes);
      tables.set(name, { name, prefixes });
      return { kind: "table", table: name };
    },
    all: () => [...tables.values()],
  };
}

/**
 * The rules of a conduit, in pf's order of evaluation:
 * - what is sent to the firewall itself is tagged: Sluice filters what is forwarded, and never locks anybody out;
 * - each permit is tagged;
 * - between the two zones, what carries no tag is recorded (monitor) or recorded and dropped (enforce);
 * - all that is left between the zones is tagged: a trial stands before the confirmed rules, and they must not judge
 *   what it has judged already.
 */
export function ownRules(rules: ConduitRules): OwnRuleset {
  const tables = createTables(rules.conduit);
  const rule = (effect: OwnRule["effect"], part: string, product: Product, service: Service): OwnRule => {
    const family = product.sources[0]!.family;
    const [source, destination] = [tables.side(product.sources), tables.side(product.destinations)];
    const body = [part, family, sideText(source), sideText(destination), formatService(service)].join(" ");
    return { effect, part, family, source, destination, service, tracker: trackerOf(rules.conduit, body) };
  };
  const carried = products(
    rules.pairs.flatMap(({ left, right }) => [
      { source: left, destination: right },
      { source: right, destination: left },
    ]),
  );
  const between = (effect: OwnRule["effect"], role: Role): readonly OwnRule[] =>
    carried.map((product) => rule(effect, role, product, { kind: "any" }));
  const families = ([4, 6] as const).filter((family) =>
    carried.some(({ sources }) => sources[0]!.family === family),
  );
  const groups: readonly OwnGroup[] = [
    {
      heading: "the firewall itself: only what is forwarded is judged",
      rules: families.map((family) => ({
        effect: "tag",
        part: "(firewall)" satisfies Role,
        family,
        source: { kind: "any" },
        destination: { kind: "self" },
        service: { kind: "any" },
        tracker: trackerOf(rules.conduit, `(firewall) ${family}`),
      })),
    },
    ...rules.permits.map((permit) => permitGroup(permit, rule)),
    {
      heading: `the rest between ${rules.zones.join(" and ")}: ${rules.stage === "enforce" ? "recorded and dropped" : "recorded"}`,
      rules: between("deny", "(rest)"),
    },
    { heading: "judged: confirmed rules behind a trial let it pass", rules: between("tag", "(judged)") },
  ];
  return {
    conduit: rules.conduit,
    stage: rules.stage,
    tag: tagName(rules.conduit),
    tables: tables.all(),
    groups,
  };
}

function permitGroup(
  permit: PermitRules,
  rule: (effect: "tag", part: string, product: Product, service: Service) => OwnRule,
): OwnGroup {
  const heading = `permit ${permit.permit} (${permit.origin.file.split("/").at(-1)}:${permit.origin.line}): ${permit.reason}`;
  const matched = permit.boxes.filter(({ service }) => isMatchable(service, capabilities));
  return {
    heading:
      matched.length < permit.boxes.length
        ? `${heading} [not all of its ports can be matched: these are not admitted]`
        : heading,
    rules: legalRules(matched, capabilities).map((product) =>
      rule("tag", permit.permit, product, product.services[0]!),
    ),
  };
}

type Product = ReturnType<typeof products>[number];

const sideText = (side: Side): string => {
  switch (side.kind) {
    case "prefix":
      return side.prefix;
    case "table":
      return side.table;
    default:
      return side.kind;
  }
};
