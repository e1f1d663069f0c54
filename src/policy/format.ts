import { isMap, isSeq, parseDocument, type YAMLMap } from "yaml";
import type { Outcome } from "../diagnostics/diagnostic.ts";
import { canonicalJson } from "../digest.ts";
import { type JsonSchema, siteJsonSchema } from "./schema/json-schema.ts";
import { readSource } from "./source/read-source.ts";
import { keyText, type MaybeNode, pairsOf, type YamlPair } from "./source/values.ts";

/** How a site file is written, here and wherever Sluice proposes YAML. */
export const yamlStyle = { lineWidth: 110, indent: 2, flowCollectionPadding: false } as const;

/**
 * A site file in its canonical form: keys in the order of the schema, one style, comments kept with what they stand
 * before. Named entries keep their order, which groups and services depend on. Only the form may change: a text
 * whose values would not stay the same (an alias that would come before its anchor) is given back as it is.
 */
export function formatSite(text: string, file: string): Outcome<string> {
  const before = readSource(text, file);
  if (before.source === undefined || before.diagnostics.length > 0)
    return { diagnostics: before.diagnostics };
  const document = parseDocument(text, { schema: "core" });
  orderKeys(document.contents, siteJsonSchema());
  const formatted = document.toString({ ...yamlStyle, verifyAliasOrder: false });
  const after = readSource(formatted, file).source;
  const isSame = after !== undefined && canonicalJson(after.value) === canonicalJson(before.source.value);
  return { value: isSame ? formatted : text, diagnostics: [] };
}

/** Puts the keys of each mapping that the schema knows into the schema's order; unknown ones stay behind the others. */
function orderKeys(node: MaybeNode, schema: JsonSchema | undefined): void {
  if (isSeq(node)) for (const item of node.items) orderKeys(item as MaybeNode, schema?.items);
  if (!isMap(node)) return;
  const known = Object.keys(schema?.properties ?? {});
  for (const pair of pairsOf(node)) {
    const key = keyText(pair) ?? "";
    orderKeys(pair.value, schema?.properties?.[key] ?? (schema?.additionalProperties || undefined));
  }
  if (known.length > 0) reorder(node, known);
}

function reorder(map: YAMLMap, known: readonly string[]): void {
  const rank = (pair: YamlPair): number => {
    const index = known.indexOf(keyText(pair) ?? "");
    return index < 0 ? known.length : index;
  };
  const first = pairsOf(map)[0];
  map.items.sort((a, b) => rank(a as YamlPair) - rank(b as YamlPair));
  if (first === undefined || map.items[0] === first || map.flow === true) return;
  // The library keeps what stands before the first key with the mapping; it belongs to the key.
  const { key } = first;
  if (key === null || !map.commentBefore) return;
  key.commentBefore = map.commentBefore;
  delete map.commentBefore;
}
