import { table } from "./names.ts";

/** Elements of a set that share a heading, which becomes a comment line of the text. */
export interface ElementGroup {
  readonly heading: string;
  readonly elements: readonly string[];
}

export interface SetObject {
  readonly kind: "set" | "map";
  readonly name: string;
  /** Type, flags and the like, in the order of nft's own listing. */
  readonly properties: readonly string[];
  /** Absent for a set that the packet path or a trial fills: it is declared and never flushed. */
  readonly groups?: readonly ElementGroup[];
}

export interface ChainObject {
  readonly kind: "chain";
  readonly name: string;
  /** Hook, priority and policy of a base chain. */
  readonly hook?: string;
  readonly rules: readonly string[];
}

export type NftObject = SetObject | ChainObject;

/** Objects as the inside of a table block, for a file that replaces the whole table. */
export const asBlock = (objects: readonly NftObject[]): string =>
  objects.map((object) => (object.kind === "chain" ? chainBlock(object) : setBlock(object))).join("\n");

/**
 * Objects as statements that are safe to repeat: declare all, then empty and fill each. The order lets any object
 * refer to any other. Sets without `groups` keep what they hold.
 */
export function asScript(objects: readonly NftObject[]): string {
  const lines = objects.map(declaration);
  for (const object of objects) {
    if (object.kind === "chain") lines.push(`flush chain ${table} ${object.name}`);
  }
  for (const object of objects) {
    if (object.kind === "chain" || object.groups === undefined) continue;
    lines.push(`flush ${object.kind} ${table} ${object.name}`);
    const listed = elementLines(object.groups, "  ");
    if (listed.length > 0) lines.push(`add element ${table} ${object.name} {`, ...listed, "}");
  }
  for (const object of objects) {
    if (object.kind !== "chain") continue;
    lines.push(...object.rules.map((rule) => `add rule ${table} ${object.name} ${rule}`));
  }
  return lines.map((line) => `${line}\n`).join("");
}

/**
 * Statements that remove objects whether they exist or not (nft 1.0.6 has no `destroy`): declare, empty, delete.
 * Nothing outside the list may refer to them any more.
 */
export function removal(objects: readonly NftObject[]): string {
  const chains = objects.filter((object) => object.kind === "chain");
  const sets = objects.filter((object) => object.kind !== "chain");
  return [
    ...objects.map(declaration),
    ...chains.map((chain) => `flush chain ${table} ${chain.name}`),
    ...chains.map((chain) => `delete chain ${table} ${chain.name}`),
    ...sets.map((set) => `delete ${set.kind} ${table} ${set.name}`),
  ]
    .map((line) => `${line}\n`)
    .join("");
}

function declaration(object: NftObject): string {
  if (object.kind !== "chain") {
    return `add ${object.kind} ${table} ${object.name} { ${object.properties.map((property) => `${property};`).join(" ")} }`;
  }
  return `add chain ${table} ${object.name}${object.hook === undefined ? "" : ` { ${object.hook} }`}`;
}

const chainBlock = (chain: ChainObject): string =>
  [
    `  chain ${chain.name} {`,
    ...(chain.hook === undefined ? [] : [`    ${chain.hook}`]),
    ...chain.rules.map((rule) => `    ${rule}`),
    "  }",
    "",
  ].join("\n");

function setBlock(set: SetObject): string {
  const listed = elementLines(set.groups ?? [], "      ");
  return [
    `  ${set.kind} ${set.name} {`,
    ...set.properties.map((property) => `    ${property}`),
    ...(listed.length > 0 ? ["    elements = {", ...listed, "    }"] : []),
    "  }",
    "",
  ].join("\n");
}

const elementLines = (groups: readonly ElementGroup[], indent: string): readonly string[] =>
  groups.flatMap((group) => [
    `${indent}# ${group.heading}`,
    ...group.elements.map((element) => `${indent}${element},`),
  ]);
