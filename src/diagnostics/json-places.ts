import { type Document, LineCounter, parseDocument } from "yaml";
import type { Span } from "./diagnostic.ts";

/** Where things stand in a JSON text that was refused; to be asked for only then, since it is read once more for it. */
export interface JsonPlaces {
  /** Where the text stops being JSON; its start where it does not. */
  fault(): Span;
  /** Where the value at a path stands, or the innermost value around it that exists. */
  value(path: readonly PropertyKey[]): Span;
}

/** JSON is YAML, and that parser tells where things are; the value itself comes from JSON.parse, which is exact. */
export function jsonPlaces(text: string, file: string): JsonPlaces {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, keepSourceTokens: false });
  const at = (offset: number): Span => {
    const { line, col } = lineCounter.linePos(offset);
    return { file, line: Math.max(1, line), column: Math.max(1, col), length: 1 };
  };
  return {
    fault: () => at(document.errors[0]?.pos[0] ?? 0),
    value: (path) => at(nearestNode(document, path)),
  };
}

function nearestNode(document: Document, path: readonly PropertyKey[]): number {
  for (let depth = path.length; depth > 0; depth -= 1) {
    const node = document.getIn(path.slice(0, depth), true) as { range?: readonly number[] } | undefined;
    if (node?.range !== undefined) return node.range[0]!;
  }
  return 0;
}
