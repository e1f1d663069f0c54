import type { Diagram, Store } from "./diagram.ts";
import { type Operation, outcome, sequence } from "./outcome.ts";
import { dimensions, open, type RankedCubes, rankedLength } from "./space.ts";

/**
 * The union of cubes: `inside` where any of them matches, `next` elsewhere. One sort brings together the cubes that
 * agree on a dimension, ranges that do not overlap become edges of one node, and only the layers that overlap are
 * merged, in a balanced fold. So the usual ten thousand host-to-host permits cost that one sort.
 */
export function union(store: Store, cubes: RankedCubes, inside: number): Diagram {
  const sorted = sortedOffsets(cubes);
  /** Of the cubes from `first` to before `last`, which agree on all dimensions above. */
  const build = (first: number, last: number, level: number): Diagram => {
    if (level === dimensions) return inside;
    const layers: Layer[] = [];
    for (let at = first; at < last; ) {
      const offset = sorted[at]! + 2 * level;
      const [from, to] = [cubes[offset]!, cubes[offset + 1]!];
      let next = at + 1;
      while (next < last && sameRange(cubes, offset, sorted[next]! + 2 * level)) next += 1;
      const child = build(at, next, level + 1);
      const free = layers.find((layer) => layer.end <= from);
      if (free) append(free, from, to, child);
      else layers.push(append({ starts: [], children: [], end: 0 }, from, to, child));
      at = next;
    }
    return fold(
      store,
      sequence,
      layers.map((layer) => {
        if (layer.end < open) append(layer, layer.end, open, outcome.next);
        return store.node(level, layer.starts, layer.children);
      }),
    );
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

/** Where each cube begins, in the order of its ranges from the first dimension to the last; of two, the wider first. */
function sortedOffsets(cubes: RankedCubes): Uint32Array {
  const offsets = Uint32Array.from(
    { length: cubes.length / rankedLength },
    (_, index) => index * rankedLength,
  );
  return offsets.sort((a, b) => {
    for (let at = 0; at < rankedLength; at += 2) {
      const order = cubes[a + at]! - cubes[b + at]! || cubes[b + at + 1]! - cubes[a + at + 1]!;
      if (order !== 0) return order;
    }
    return 0;
  });
}

const sameRange = (cubes: RankedCubes, a: number, b: number): boolean =>
  cubes[a] === cubes[b] && cubes[a + 1] === cubes[b + 1];

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
