import type { Diagram, Store } from "./diagram.ts";
import { type Operation, outcome, sequence } from "./outcome.ts";
import { dimensions, open, type RankedCube } from "./space.ts";

/**
 * The union of cubes: `inside` where any of them matches, `next` elsewhere. Cubes that agree on a dimension are built
 * together, ranges that do not overlap become edges of one node, and only the layers that overlap are merged, in a
 * balanced fold. So the usual ten thousand host-to-host permits cost one sort.
 */
export function union(store: Store, cubes: readonly RankedCube[], inside: number): Diagram {
  if (cubes.length === 0) return outcome.next;
  const build = (members: readonly RankedCube[], level: number): Diagram => {
    if (level === dimensions) return inside;
    const layers = layersOf(groupByRange(members, level)).map((layer) => {
      const starts: number[] = [];
      const children: Diagram[] = [];
      let end = 0;
      for (const group of layer) {
        if (group.from > end) {
          starts.push(end);
          children.push(outcome.next);
        }
        starts.push(group.from);
        children.push(build(group.members, level + 1));
        end = group.to;
      }
      if (end !== open) {
        starts.push(end);
        children.push(outcome.next);
      }
      return store.node(level, starts, children);
    });
    return fold(store, sequence, layers);
  };
  return build(cubes, 0);
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

interface Group {
  readonly from: number;
  readonly to: number;
  readonly members: readonly RankedCube[];
}

/** Cubes by their range on one dimension, sorted by its start, the wider first. */
function groupByRange(members: readonly RankedCube[], level: number): readonly Group[] {
  const [start, end] = [2 * level, 2 * level + 1];
  const [from, to] = [members[0]![start]!, members[0]![end]!];
  // One cube, or many that agree: most groups below the addresses, and all above them.
  if (members.every((cube) => cube[start] === from && cube[end] === to)) return [{ from, to, members }];
  const sorted = members.toSorted((a, b) => a[start]! - b[start]! || b[end]! - a[end]!);
  const groups: { from: number; to: number; members: RankedCube[] }[] = [];
  for (const cube of sorted) {
    const last = groups.at(-1);
    if (last && last.from === cube[start] && last.to === cube[end]) last.members.push(cube);
    else groups.push({ from: cube[start]!, to: cube[end]!, members: [cube] });
  }
  return groups;
}

/** As few lists as possible in which no two ranges overlap; groups are sorted by their start. */
function layersOf(groups: readonly Group[]): readonly (readonly Group[])[] {
  const layers: Group[][] = [];
  for (const group of groups) {
    const free = layers.find((layer) => layer.at(-1)!.to <= group.from);
    if (free) free.push(group);
    else layers.push([group]);
  }
  return layers;
}
