import { isAlias, isMap, isScalar, isSeq, type Node, type YAMLMap } from "yaml";
import type { Span } from "../../diagnostics/diagnostic.ts";
import type { Path, SourceOutcome } from "./source.ts";
import { keyText, type MaybeNode, type PlainValues, pairsOf, plainValues, type YamlPair } from "./values.ts";
import { parseYaml, type YamlText } from "./yaml.ts";

/** Reads one YAML text, without its byte order mark, into plain values that can be traced back to their place. */
export function readSource(text: string, file: string): SourceOutcome {
  const yaml = parseYaml(text, file);
  if (!("document" in yaml)) return { diagnostics: yaml };
  const { value, diagnostics } = plainValues(yaml);
  return value === undefined
    ? { diagnostics }
    : { source: { value: value.plain, locate: locator(yaml, value.targets) }, diagnostics };
}

/** Places are looked up for diagnostics and for spans of the model: an index per mapping keeps each look-up short. */
function locator(
  { document, span }: YamlText,
  targets: PlainValues["targets"],
): (path: Path, part: "key" | "value") => Span {
  const indexes = new WeakMap<YAMLMap, ReadonlyMap<string, YamlPair>>();
  const pair = (map: YAMLMap, key: string): YamlPair | undefined => {
    const index = indexes.get(map) ?? new Map(pairsOf(map).map((entry) => [keyText(entry) ?? "", entry]));
    indexes.set(map, index);
    return index.get(key);
  };

  return (path, part) => {
    let label: MaybeNode = null;
    let node: MaybeNode = document.contents;
    for (const step of path) {
      const holder: MaybeNode = isAlias(node) ? (targets.get(node) ?? null) : node;
      const entry = isMap(holder) ? pair(holder, String(step)) : undefined;
      const item = isSeq(holder) ? (holder.items[Number(step)] as Node | undefined) : undefined;
      if (entry === undefined && item === undefined) break;
      label = entry === undefined ? (item ?? null) : entry.key;
      node = entry === undefined ? (item ?? null) : entry.value;
    }
    const shown = part === "value" && isShort(node) ? node : (label ?? node);
    const [from = 0, to = 0] = shown?.range ?? [];
    return span(from, to);
  };
}

/** Whether a node can be underlined itself; one that goes over lines is shown by its key. */
const isShort = (node: MaybeNode): node is Node =>
  (isScalar(node) && node.source !== "") || isAlias(node) || (isSeq(node) && node.flow === true);
