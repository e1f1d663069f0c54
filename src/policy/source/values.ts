import { type Alias, isAlias, isMap, isScalar, isSeq, type Node, type Pair, type YAMLMap } from "yaml";
import type { Diagnostic, Span } from "../../diagnostics/diagnostic.ts";
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

/** Plain values of a document, with duplicate keys, keys that are no words, and alias bombs reported. */
export function plainValues({ document, span }: YamlText): {
  readonly value: unknown;
  readonly diagnostics: readonly Diagnostic[];
} {
  const diagnostics: Diagnostic[] = [];
  const place = (node: Node): Span => span(node.range?.[0] ?? 0, node.range?.[1] ?? 0);
  let aliasDepth = 0;
  let aliasedValues = 0;
  let bomb: Alias | undefined;

  const toValue = (node: MaybeNode): unknown => {
    if (aliasDepth > 0) aliasedValues++;
    if (isAlias(node)) return expand(node);
    if (isMap(node)) return Object.fromEntries(entries(node));
    if (isSeq(node)) return (node.items as readonly MaybeNode[]).map(toValue);
    return isScalar(node) ? node.value : null;
  };
  const expand = (alias: Alias): unknown => {
    const target = alias.resolve(document);
    if (aliasDepth === aliasDepthLimit || aliasedValues > aliasedValueLimit) bomb ??= alias;
    if (bomb !== undefined || target === undefined) return null;
    aliasDepth++;
    const value = toValue(target);
    aliasDepth--;
    return value;
  };
  const entries = (map: YAMLMap): readonly (readonly [string, unknown])[] => {
    const seen = new Map<string, Node>();
    return pairsOf(map).map((pair) => {
      const key = keyText(pair);
      // What an alias repeats has been reported where it is written.
      if (aliasDepth === 0) checkKey(map, pair.key, key, seen);
      return [key ?? "", toValue(pair.value)];
    });
  };
  const checkKey = (
    map: YAMLMap,
    node: MaybeNode,
    key: string | undefined,
    seen: Map<string, Node>,
  ): void => {
    if (node === null || key === undefined || key === "__proto__") {
      const message = "a key must be a plain word";
      diagnostics.push({ code: "site/key", severity: "error", message, span: place(node ?? map) });
      return;
    }
    const first = seen.get(key);
    if (first === undefined) seen.set(key, node);
    else {
      diagnostics.push({
        code: "site/duplicate-key",
        severity: "error",
        message: `"${key}" is here twice`,
        span: place(node),
        related: [{ span: place(first), message: "first here" }],
        fix: "remove one of the two, or give it another name",
      });
    }
  };

  const value = toValue(document.contents);
  if (bomb !== undefined) {
    diagnostics.push({
      code: "site/alias-bomb",
      severity: "error",
      message: `aliases expand to more than ${aliasedValueLimit} values, or contain themselves`,
      span: place(bomb),
      fix: "write the values out, or name them in a group",
    });
  }
  return { value, diagnostics };
}
