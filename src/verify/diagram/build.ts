import type { Diagram, Store } from "./diagram.ts";
import { type Operation, outcome, sequence } from "./outcome.ts";
import { dimensions, type RankedCubes, rankedLength } from "./space.ts";
import { open } from "./ways.ts";

/**
 * The union of cubes: `inside` where any of them matches, `next` elsewhere. One sort brings together the cubes that
 * agree on a dimension, ranges that do not overlap become edges of one node, and only the layers that overlap are
 * merged, in a balanced fold. So the usual ten thousand host-to-host permits cost that one sort.
 */
export function union(store: Store, cubes: RankedCubes, inside: number): Diagram {
  const sorted = sortCubes(cubes);
  /** Of one cube from a dimension downwards. */
  const single = (cube: number, level: number): Diagram => {
    if (level === dimensions) return inside;
    const [from, to] = [sorted[cube + 2 * level]!, sorted[cube + 2 * level + 1]!];
    const child = single(cube, level + 1);
    if (from === 0 && to === open) return child;
    const edge = append({ starts: [], children: [], end: 0 }, from, to, child);
    return close(store, level, edge);
  };
  /** Of the cubes from one to before another, which agree on all dimensions above. */
  const build = (first: number, last: number, level: number): Diagram => {
    if (level === dimensions) return inside;
    if (last - first === rankedLength) return single(first, level);
    const layers: Layer[] = [];
    for (let at = first; at < last; ) {
      const [from, to] = [sorted[at + 2 * level]!, sorted[at + 2 * level + 1]!];
      let next = at + rankedLength;
      while (next < last && sorted[next + 2 * level] === from && sorted[next + 2 * level + 1] === to)
        next += rankedLength;
      const child = build(at, next, level + 1);
      const free = layers.find((layer) => layer.end <= from);
      if (free) append(free, from, to, child);
      else layers.push(append({ starts: [], children: [], end: 0 }, from, to, child));
      at = next;
    }
    const nodes = layers.map((layer) => close(store, level, layer));
    return fold(store, sequence, nodes);
  };
  return build(0, sorted.length, 0);
}

/** The edges of a node, one behind the other, up to `end`. */
interface Layer {
  readonly starts: number[];
  readonly children: Diagram[];
  end: number;
}

/** Adds an edge that begins at or behind the end. */
function append(layer: Layer, from: number, to: number, child: Diagram): Layer {
  if (from > layer.end) {
    layer.starts.push(layer.end);
    layer.children.push(outcome.next);
  }
  layer.starts.push(from);
  layer.children.push(child);
  layer.end = to;
  return layer;
}

function close(store: Store, level: number, layer: Layer): Diagram {
  if (layer.end < open) append(layer, layer.end, open, outcome.next);
  return store.node(level, layer.starts, layer.children);
}

/** Cubes in the order of their ranges, from the first dimension to the last; of two from one rank, the wider first. */
function sortCubes(cubes: RankedCubes): Int32Array {
  const starts = Array.from({ length: cubes.length / rankedLength }, (_, index) => index * rankedLength);
  starts.sort((a, b) => {
    for (let at = 0; at < rankedLength; at += 2) {
      const order = cubes[a + at]! - cubes[b + at]! || cubes[b + at + 1]! - cubes[a + at + 1]!;
      if (order !== 0) return order;
    }
    return 0;
  });
  const sorted = new Int32Array(cubes.length);
  for (const [index, start] of starts.entries()) {
    for (let at = 0; at < rankedLength; at += 1) sorted[index * rankedLength + at] = cubes[start + at]!;
  }
  return sorted;
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
