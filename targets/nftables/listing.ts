/** One set, map, chain or other object of a table, as `nft list` prints it. */
export interface ListedObject {
  readonly kind: string;
  readonly name: string;
  /** Properties of a set, or hook and rules of a chain, each without indentation. */
  readonly lines: readonly string[];
  readonly elements: readonly string[];
  /** The kernel's number for it, where the listing shows handles. */
  readonly handle?: string;
}

export interface ListedTable {
  /** Family and name, as in `inet sluice`. */
  readonly name: string;
  readonly text: string;
  readonly objects: readonly ListedObject[];
  readonly handle?: string;
}

/**
 * Splits the output of `nft list ruleset` (1.0.6) by its layout: a table at the margin, an object at one tab, elements
 * as the last property of a set. It does not interpret: what the rules mean is the reader's work (parse.ts).
 */
export function readListing(listing: string): readonly ListedTable[] {
  const tables: ListedTable[] = [];
  for (const [text, name, rest, body] of listing.matchAll(
    /^table (\S+ \S+) \{([^\n]*)\n((?:(?!\}).*\n)*)\}/gm,
  )) {
    tables.push({ name: name!, text: `${text}\n`, objects: readObjects(body!), ...handleIn(rest!) });
  }
  return tables;
}

function readObjects(body: string): readonly ListedObject[] {
  const objects: ListedObject[] = [];
  for (const [, kind, name, rest, inside] of body.matchAll(
    /^\t(\w+) (\S+) \{([^\n]*)\n((?:(?!\t\}).*\n)*)\t\}/gm,
  )) {
    const [properties = "", elements] = inside!.split(/^\t\telements = \{/m);
    objects.push({
      kind: kind!,
      name: name!,
      lines: properties
        .split("\n")
        .map((line) => line.trim())
        .filter((line) => line !== ""),
      elements: elements === undefined ? [] : splitElements(elements.slice(0, elements.lastIndexOf("}"))),
      ...handleIn(rest!),
    });
  }
  return objects;
}

function handleIn(rest: string): { readonly handle?: string } {
  const handle = /# handle (\d+)/.exec(rest)?.[1];
  return handle === undefined ? {} : { handle };
}

/** Elements stand between commas; a comma in a quoted comment is not one of them. */
const splitElements = (text: string): readonly string[] =>
  (text.match(/(?:"[^"]*"|[^,"])+/g) ?? [])
    .map((element) => element.trim())
    .filter((element) => element !== "");

/** Filled by the packet path or by leases: what it holds is state, not configuration. */
export const holdsState = (object: ListedObject): boolean =>
  object.lines.some((line) => /^flags .*\b(timeout|dynamic)\b/.test(line));

/**
 * The line of the first element that ends by itself, as nft lists it (`expires`), outside comments and headings.
 * Loaded, such a text would give leases, locks and records their time anew.
 */
export function expiringLine(text: string): number | undefined {
  for (const { 0: found, index } of text.matchAll(/"[^"\n]*"|#[^\n]*|\bexpires\b/g)) {
    if (found === "expires") return text.slice(0, index).split("\n").length;
  }
  return undefined;
}

/**
 * Text in which two listings of one configuration are equal: without counters, used quotas and held state, objects
 * by name, elements sorted (the kernel lists a set in an order of its own).
 */
export const normalForm = (objects: readonly ListedObject[]): string =>
  objects
    .map((object) =>
      [
        `${object.kind} ${object.name}`,
        ...object.lines.map(stateless),
        ...(holdsState(object)
          ? []
          : object.elements
              .map(stateless)
              .toSorted()
              .map((element) => `= ${element}`)),
      ].join("\n  "),
    )
    .toSorted()
    .map((object) => `${object}\n`)
    .join("");

const stateless = (line: string): string =>
  line
    .replaceAll(/\bcounter packets \d+ bytes \d+/g, "counter")
    .replaceAll(/ used \d+ \w+/g, "")
    // nft 1.1 tells the number of elements beside the size.
    .replace(/\s+# count \d+$/, "")
    .replaceAll(/ expires \w+/g, "");

/** Seconds of a time as nft prints it: `1d2h3m4s5ms`. */
export function seconds(time: string): number {
  const unit = { d: 86_400, h: 3_600, m: 60, s: 1, ms: 0.001 } as const;
  return [...time.matchAll(/(\d+)(ms|[dhms])/g)].reduce(
    (sum, [, amount, name]) => sum + Number(amount) * unit[name as keyof typeof unit],
    0,
  );
}
