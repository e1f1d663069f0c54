import type { Diagram, Store } from "./diagram.ts";
import { type Operation, outcome, sequence } from "./outcome.ts";
import { dimensions, type RankedCubes, rankedLength, sortCubes } from "./ranked.ts";
import { open } from "./ways.ts";

/**
 * The union of cubes: `inside` where any of them matches, `next` elsewhere. One sort brings together the cubes that
 * agree on a dimension, ranges that do not overlap become edges of one node, and only the layers that overlap are
 * merged, in a balanced fold. So the usual ten thousand host-to-host permits cost that one sort.
 */
export function union(store: Store, cubes: RankedCubes, inside: number): Diagram {
  const sorted = sortCubes(cubes);
  /** Of the cubes from one to before another, which agree on all dimensions above. */
  const build = (first: number, last: number, level: number): Diagram => {
    if (level === dimensions) return inside;
    const base = store.begin();
    let end = 0;
    let layers: readonly Layer[] | undefined;
    for (let at = first; at < last; ) {
      const [from, to] = [sorted[at + 2 * level]!, sorted[at + 2 * level + 1]!];
      let next = at + rankedLength;
      while (next < last && sorted[next + 2 * level] === from && sorted[next + 2 * level + 1] === to)
        next += rankedLength;
      const child = build(at, next, level + 1);
      if (from >= end) end = append(store, base, end, { from, to, child });
      else layers = layered(layers ?? [], { from, to, child });
      at = next;
    }
    const node = close(store, level, base, end);
    if (!layers) return node;
    const overlapping = layers.map((edges) => {
      const layer = store.begin();
      const last = edges.reduce((end, edge) => append(store, layer, end, edge), 0);
      return close(store, level, layer, last);
    });
    return fold(store, sequence, [node, ...overlapping]);
  };
  return build(0, sorted.length, 0);
}

interface Edge {
  readonly from: number;
  readonly to: number;
  readonly child: Diagram;
}

/** Edges that do not overlap, in ascending order. */
type Layer = Edge[];

/** Adds an edge to the first layer that it does not overlap, or to a new one. */
function layered(layers: readonly Layer[], edge: Edge): readonly Layer[] {
  const free = layers.find((layer) => layer.at(-1)!.to <= edge.from);
  if (!free) return [...layers, [edge]];
  free.push(edge);
  return layers;
}

/** Adds an edge that begins at or behind the end of a node; the new end. */
function append(store: Store, base: number, end: number, { from, to, child }: Edge): number {
  if (from > end) store.edge(base, end, outcome.next);
  store.edge(base, from, child);
  return to;
}

function close(store: Store, level: number, base: number, end: number): Diagram {
  if (end < open) store.edge(base, end, outcome.next);
  return store.close(level, base);
}

/** Folds from the middle, so that each diagram takes part in log n operations; the operation must be associative. */
export function fold(store: Store, operation: Operation, diagrams: readonly Diagram[]): Diagram {
  if (diagrams.length <= 1) return diagrams[0] ?? outcome.next;
  const middle = diagrams.length >> 1;
  return store.apply(
    operation,
    fold(store, operation, diagrams.slice(0, middle)),
    fold(store, operation, diagrams.slice(middle)),
  );
}
