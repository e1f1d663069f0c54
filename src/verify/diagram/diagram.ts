import { type Operation, outcome, outcomes } from "./outcome.ts";
import { createPairTable, type PairTable } from "./pair-table.ts";
import { dimensions, doubled } from "./ranked.ts";
import { open } from "./ways.ts";

/**
 * A diagram is a number: below `outcomes` a terminal, else a node. Nodes are hash-consed, so that two diagrams of one
 * store mean the same exactly when they are the same number.
 */
export type Diagram = number;

/** What a computation may cost; past it there is no answer, never a wrong one. */
export interface Budget {
  readonly nodes: number;
  /** Asked now and then; the clock is the caller's. */
  outOfTime(): boolean;
}

/** The budget is used up: the answer is not known. */
export class BudgetExceeded extends Error {}

/**
 * A hash-consed interval decision diagram (after Srinivasan et al. 1990 and Strehl, Thiele 1998): a node asks for one dimension and
 * has an edge for each range of ranks. Edge i covers ranks from `starts[i]` to before `starts[i + 1]`, the last one
 * to the end. Neighbouring edges lead to different places, and a dimension that does not matter is not asked for.
 */
export interface Store {
  level(diagram: Diagram): number;
  starts(node: Diagram): readonly number[];
  children(node: Diagram): readonly Diagram[];
  /** Begins a node, which is closed before any that was begun earlier gets its next edge. */
  begin(): number;
  /** Adds an edge to a node that was begun, in ascending order of their starts. Neighbours may lead to the same. */
  edge(begun: number, start: number, child: Diagram): void;
  /** The node, or the child itself where all edges would lead to it. */
  close(level: number, begun: number): Diagram;
  apply(operation: Operation, left: Diagram, right: Diagram): Diagram;
  readonly size: number;
}

export function createStore(budget: Budget): Store {
  // Flat arrays that grow: a large proof makes hundreds of thousands of nodes, and no garbage of them.
  let count = 0;
  let levels = new Uint8Array(1024);
  /** The outcomes that a node leads to, as bits. */
  let leadTo = new Uint8Array(1024);
  /** Where the edges of a node begin; those of the next one begin where they end. */
  let firsts = new Int32Array(1025);
  /** Start and child of each edge, in turn. */
  let edges = new Int32Array(8192);
  /** Edges of nodes that are being made, those of the innermost on top. */
  let pending = new Int32Array(1024);
  let top = 0;
  let mask = 4095;
  let table = new Int32Array(mask + 1).fill(-1);
  const memos = new Map<Operation, PairTable>();
  let steps = 0;
  const spend = (): void => {
    if (steps % 1024 === 0 && budget.outOfTime()) throw new BudgetExceeded();
    steps += 1;
  };

  const level = (diagram: Diagram): number => (diagram < outcomes ? dimensions : levels[diagram - outcomes]!);
  const endsOf = (diagram: Diagram): number =>
    diagram < outcomes ? 1 << diagram : leadTo[diagram - outcomes]!;
  const everySecond = (node: Diagram, offset: 0 | 1): readonly number[] => {
    const [from, to] = [firsts[node - outcomes]!, firsts[node - outcomes + 1]!];
    return Array.from({ length: (to - from) >> 1 }, (_, edge) => edges[from + 2 * edge + offset]!);
  };

  /** Adds an edge to the pending node whose edges begin at `base`. */
  const push = (base: number, start: number, child: Diagram): void => {
    if (top > base && pending[top - 1] === child) return;
    if (top + 2 > pending.length) pending = doubled(pending);
    pending[top] = start;
    pending[top + 1] = child;
    top += 2;
  };

  const slotOf = (ofLevel: number, array: Int32Array, from: number, to: number): number => {
    let at = hash(ofLevel, array, from, to) & mask;
    for (; table[at] !== -1; at = (at + 1) & mask) {
      const index = table[at]!;
      if (levels[index] === ofLevel && same(edges, firsts[index]!, firsts[index + 1]!, array, from, to))
        break;
    }
    return at;
  };

  const rehash = (): void => {
    mask = 2 * mask + 1;
    table = new Int32Array(mask + 1).fill(-1);
    for (let index = 0; index < count; index += 1) {
      table[slotOf(levels[index]!, edges, firsts[index]!, firsts[index + 1]!)] = index;
    }
  };

  /** The pending node whose edges begin at `base`, or its child where all of them would lead to it. */
  const close = (ofLevel: number, base: number): Diagram => {
    const to = top;
    top = base;
    if (to === base + 2) return pending[base + 1]!;
    const at = slotOf(ofLevel, pending, base, to);
    if (table[at] !== -1) return table[at]! + outcomes;
    if (count >= budget.nodes) throw new BudgetExceeded();
    spend();
    const first = firsts[count]!;
    while (first + to - base > edges.length) edges = doubled(edges);
    edges.set(pending.subarray(base, to), first);
    if (count === levels.length) {
      [levels, leadTo, firsts] = [doubled(levels), doubled(leadTo), doubled(firsts)];
    }
    levels[count] = ofLevel;
    for (let edge = base + 1; edge < to; edge += 2) leadTo[count]! |= endsOf(pending[edge]!);
    firsts[count + 1] = first + to - base;
    table[at] = count;
    count += 1;
    if (2 * count > mask) rehash();
    return count - 1 + outcomes;
  };

  /** The result where one side alone decides it. */
  const shortcut = (operation: Operation, left: Diagram, right: Diagram): Diagram | undefined => {
    if (left >= outcomes) {
      const stays = (endsOf(left) & ~operation.settled) === 0;
      return stays || (operation.keepsLeft && right === outcome.next) ? left : undefined;
    }
    if (operation.constant[left]) return operation.table[left * outcomes];
    if (operation.identity[left]) return right;
    return right < outcomes ? operation.table[left * outcomes + right] : undefined;
  };

  const applyWith = (operation: Operation, memo: PairTable, left: Diagram, right: Diagram): Diagram => {
    const short = shortcut(operation, left, right);
    if (short !== undefined) return short;
    const known = memo.get(left, right);
    if (known !== -1) return known;
    spend();
    const at = Math.min(level(left), level(right));
    // A side that does not ask for this dimension is one edge over all of it.
    const [asksLeft, asksRight] = [level(left) === at, level(right) === at];
    let i = asksLeft ? firsts[left - outcomes]! : 0;
    let j = asksRight ? firsts[right - outcomes]! : 0;
    const lastLeft = asksLeft ? firsts[left - outcomes + 1]! - 2 : i;
    const lastRight = asksRight ? firsts[right - outcomes + 1]! - 2 : j;
    const base = top;
    for (let start = 0; ; ) {
      const [inLeft, inRight] = [asksLeft ? edges[i + 1]! : left, asksRight ? edges[j + 1]! : right];
      push(base, start, applyWith(operation, memo, inLeft, inRight));
      const nextLeft = i < lastLeft ? edges[i + 2]! : open;
      const nextRight = j < lastRight ? edges[j + 2]! : open;
      start = Math.min(nextLeft, nextRight);
      if (start === open) break;
      if (nextLeft === start) i += 2;
      if (nextRight === start) j += 2;
    }
    const result = close(at, base);
    memo.set(left, right, result);
    return result;
  };

  return {
    level,
    starts: (node) => everySecond(node, 0),
    children: (node) => everySecond(node, 1),
    begin: () => top,
    edge: push,
    close,
    apply(operation, left, right) {
      const memo = memos.get(operation) ?? createPairTable();
      memos.set(operation, memo);
      return applyWith(operation, memo, left, right);
    },
    get size() {
      return count;
    },
  };
}

function hash(level: number, edges: Int32Array, from: number, to: number): number {
  let value = level + 1;
  for (let at = from; at < to; at += 1) value = Math.imul(value ^ edges[at]!, 0x9e3779b1) ^ (value >>> 13);
  return (value ^ (value >>> 15)) >>> 0;
}

function same(a: Int32Array, fromA: number, toA: number, b: Int32Array, fromB: number, toB: number): boolean {
  if (toA - fromA !== toB - fromB) return false;
  for (let at = 0; at < toA - fromA; at += 1) if (a[fromA + at] !== b[fromB + at]) return false;
  return true;
}
