import { type Alias, isAlias, isMap, isScalar, isSeq, type Node, type Pair, type YAMLMap } from "yaml";
import type { Diagnostic, Outcome, Span } from "../../diagnostics/diagnostic.ts";
import type { YamlText } from "./yaml.ts";

/** How many values aliases may add to a file: beyond that it is a bomb and not reuse. */
const aliasedValueLimit = 100_000;
/** How deep aliases may stand inside what other aliases name; a loop is infinitely deep. */
const aliasDepthLimit = 20;

export type MaybeNode = Node | null;
export type YamlPair = Pair<MaybeNode, MaybeNode>;
export const pairsOf = (map: YAMLMap): readonly YamlPair[] => map.items as readonly YamlPair[];

/** The text of a key as it is written; undefined for a key that is a list, a mapping, or nothing. */
export const keyText = (pair: YamlPair): string | undefined =>
  isScalar(pair.key) && pair.key.value !== null ? (pair.key.source ?? String(pair.key.value)) : undefined;

export interface PlainValues {
  readonly plain: unknown;
  /** What each alias names: the nearest anchor of that name above it. */
  readonly targets: ReadonlyMap<Alias, Node>;
}

/** Plain values of a document; duplicate keys, keys that are no words, and alias bombs are reported. */
export function plainValues({ document, span }: YamlText): Outcome<PlainValues> {
  const diagnostics: Diagnostic[] = [];
  const place = (node: Node): Span => span(node.range?.[0] ?? 0, node.range?.[1] ?? 0);
  let aliasDepth = 0;
  let aliasedValues = 0;
  let bomb: Alias | undefined;

  const anchors = new Map<string, Node>();
  const targets = new Map<Alias, Node>();

  const toValue = (node: MaybeNode): unknown => {
    if (node !== null && !isAlias(node) && node.anchor !== undefined) anchors.set(node.anchor, node);
    if (aliasDepth > 0) aliasedValues++;
    if (isAlias(node)) return expand(node);
    if (isMap(node)) return entries(node);
    if (isSeq(node)) return (node.items as readonly MaybeNode[]).map(toValue);
    return isScalar(node) ? node.value : null;
  };
  const expand = (alias: Alias): unknown => {
    const target = targets.get(alias) ?? anchors.get(alias.source);
    if (target === undefined && aliasDepth === 0) {
      const message = `there is no anchor "${alias.source}" above`;
      diagnostics.push({ code: "site/unknown-anchor", severity: "error", message, span: place(alias) });
    }
    if (aliasDepth === aliasDepthLimit || aliasedValues > aliasedValueLimit) bomb ??= alias;
    if (bomb !== undefined || target === undefined) return null;
    targets.set(alias, target);
    aliasDepth++;
    const value = toValue(target);
    aliasDepth--;
    return value;
  };
  const entries = (map: YAMLMap): Readonly<Record<string, unknown>> => {
    const values: Record<string, unknown> = {};
    // What an alias repeats has been reported where it is written.
    const faults = aliasDepth === 0 ? diagnostics : [];
    for (const pair of pairsOf(map)) {
      const key = keyText(pair);
      if (pair.key === null || key === undefined || key === "__proto__") {
        const message = "a key must be a plain word";
        faults.push({ code: "site/key", severity: "error", message, span: place(pair.key ?? map) });
        continue;
      }
      if (Object.hasOwn(values, key)) {
        const first = pairsOf(map).find((other) => keyText(other) === key)?.key;
        faults.push(duplicate(key, place(pair.key), place(first ?? map)));
      }
      values[key] = toValue(pair.value);
    }
    return values;
  };

  const plain = toValue(document.contents);
  if (bomb !== undefined) {
    const message = `aliases expand to more than ${aliasedValueLimit} values, or contain themselves`;
    const fix = "write the values out, or name them in a group";
    diagnostics.push({ code: "site/alias-bomb", severity: "error", message, span: place(bomb), fix });
  }
  // With values missing, what the schema had to say about the rest would mislead.
  const isWhole = diagnostics.every(({ code }) => code === "site/duplicate-key");
  return isWhole ? { value: { plain, targets }, diagnostics } : { diagnostics };
}

const duplicate = (key: string, span: Span, first: Span): Diagnostic => ({
  code: "site/duplicate-key",
  severity: "error",
  message: `"${key}" is here twice`,
  span,
  related: [{ span: first, message: "first here" }],
  fix: "remove one of the two, or give it another name",
});
