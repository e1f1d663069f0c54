import type { ConduitRules, PermitRules } from "../../src/compile/ir.ts";
import { legalRules } from "../../src/compile/legalise/legal-rules.ts";
import { replyRule } from "../../src/compile/legalise/reply.ts";
import { printable } from "../../src/diagnostics/printable.ts";
import { type Family, formatRange } from "../../src/net/address.ts";
import { capabilities } from "./capabilities.ts";
import { conduitChains } from "./chains.ts";
import { frame } from "./frame.ts";
import {
  chainParts,
  drainPart,
  families,
  type Generation,
  objectName,
  permitMatches,
  permitPart,
  permitShapes,
  recordParts,
  replyPart,
  table,
} from "./names.ts";
import { elementText, keyType, matchOf, shapeOf } from "./shapes.ts";
import { asScript, type ElementGroup, type NftObject, removal, type SetObject } from "./statements.ts";

/** Entries that a conduit's record holds before it is full, and how long one stays without being seen again. */
const recordSize = { ports: 65_535, icmp: 4_096, protocols: 4_096 } as const;
export const recordTimeout = "7d";

/** Statements, safe to repeat, that put the frame in place and leave dispatch, lock and conduits as they are. */
export const emitFrame = (): string => `add table ${table}\n${asScript(frame(new Map()))}`;

/**
 * Statements, safe to repeat, that give a conduit's objects exactly these rules: sets are emptied and filled, sets
 * that are not needed any more are removed, records keep their entries. Dispatch is not touched.
 */
export function emitConduitObjects(rules: ConduitRules, generation: Generation): string {
  const objects = conduitObjects(rules, generation);
  const needed = new Set(objects.map((object) => object.name));
  const obsolete = everyObject(rules.conduit, generation).filter((object) => !needed.has(object.name));
  return asScript(objects) + removal(obsolete);
}

/** Statements, safe to repeat, that remove a conduit's objects. Its dispatch must be gone, or go before in the transaction. */
export const emitConduitRemoval = (conduit: string, generation: Generation): string =>
  removal(everyObject(conduit, generation));

/** The keys under which a conduit's packets are dispatched: each pair of networks, in both directions. */
export const dispatchKeys = (
  rules: ConduitRules,
): readonly { readonly family: Family; readonly key: string }[] =>
  rules.pairs.flatMap(({ left, right }) => [
    { family: left.family, key: `${formatRange(left)} . ${formatRange(right)}` },
    { family: left.family, key: `${formatRange(right)} . ${formatRange(left)}` },
  ]);

/** The verdict of a dispatch element. */
export const dispatchVerdict = (rules: ConduitRules, generation: Generation): string =>
  `goto ${objectName(generation, rules.conduit, rules.stage)}`;

/** All objects of a conduit: only the sets that hold something, and the records of the families of its networks. */
export function conduitObjects(rules: ConduitRules, generation: Generation): readonly NftObject[] {
  const own = families.filter((family) => rules.pairs.some((pair) => pair.left.family === family));
  const filled = permitElements(rules.permits);
  return [
    ...permitSets(rules.conduit, generation).flatMap(({ part, object }) => {
      const groups = filled.get(part);
      return groups ? [{ ...object, groups }] : [];
    }),
    ...recordSets(rules.conduit, generation, own),
    ...(rules.drain === undefined ? [] : [drainSet(rules.conduit, generation)]),
    ...conduitChains(generation, rules.conduit, own, new Set(filled.keys()), rules.drain !== undefined),
  ];
}

/** Elements by the part of the set that holds them, permit by permit; the comment carries its id to the counters. */
function permitElements(permits: readonly PermitRules[]): ReadonlyMap<string, readonly ElementGroup[]> {
  const filled = new Map<string, { readonly heading: string; readonly elements: string[] }[]>();
  for (const permit of permits) {
    const heading = permitHeading(permit);
    const add = (part: string, element: string): void => {
      const groups = filled.get(part) ?? [];
      filled.set(part, groups);
      if (groups.at(-1)?.heading !== heading) groups.push({ heading, elements: [] });
      groups.at(-1)!.elements.push(`${element} comment "${permit.permit}"`);
    };
    for (const rule of legalRules(permit.boxes, capabilities)) {
      const [shape, family, match] = [shapeOf(rule), rule.sources[0]!.family, matchOf(rule)];
      add(permitPart(shape, family, match), elementText(rule));
      const reply = replyRule(rule);
      if (reply) add(replyPart(shape, family, match), elementText(reply));
    }
  }
  return filled;
}

const permitHeading = (permit: PermitRules): string => {
  const file = permit.origin.file.split("/").at(-1);
  return printable(`permit ${permit.permit} (${file}:${permit.origin.line}): ${permit.reason}`);
};

const permitSets = (
  conduit: string,
  generation: Generation,
): readonly { readonly part: string; readonly object: SetObject }[] =>
  families.flatMap((family) =>
    [permitPart, replyPart].flatMap((partName) =>
      permitShapes.flatMap((shape) =>
        permitMatches.map((match) => {
          const part = partName(shape, family, match);
          const flags = match === "exact" ? [] : ["flags interval"];
          const properties = [keyType(shape, family), ...flags, "counter"];
          return { part, object: { kind: "set", name: objectName(generation, conduit, part), properties } };
        }),
      ),
    ),
  );

const recordSets = (conduit: string, generation: Generation, own: readonly Family[]): readonly SetObject[] =>
  own.flatMap((family) =>
    recordParts(family).map(({ shape, part }) => ({
      kind: "set",
      name: objectName(generation, conduit, part),
      properties: [
        keyType(shape, family),
        `size ${recordSize[shape]}`,
        "flags dynamic, timeout",
        "counter",
        `timeout ${recordTimeout}`,
      ],
    })),
  );

/** Without content in every text of ours: only arming fills it, and what it holds ends by itself. */
const drainSet = (conduit: string, generation: Generation): SetObject => ({
  kind: "set",
  name: objectName(generation, conduit, drainPart),
  properties: ["type nf_proto", "flags timeout"],
});

/** Statements that let open sessions drain, in place of what the set held before, for so many seconds. */
export const emitDrain = (conduit: string, generation: Generation, seconds: number): string => {
  const set = objectName(generation, conduit, drainPart);
  return `flush set ${table} ${set}\nadd element ${table} ${set} { ${["ipv4", "ipv6"]
    .map((family) => `${family} timeout ${Math.round(seconds * 1000)}ms`)
    .join(", ")} }\n`;
};

/** Everything that a conduit could have, declared without content. */
const everyObject = (conduit: string, generation: Generation): readonly NftObject[] => [
  ...permitSets(conduit, generation).map(({ object }) => object),
  ...recordSets(conduit, generation, families),
  drainSet(conduit, generation),
  ...chainParts.map((part) => ({
    kind: "chain" as const,
    name: objectName(generation, conduit, part),
    rules: [],
  })),
];
