import { type Operation, outcome, outcomes } from "./outcome.ts";
import { createPairTable, type PairTable } from "./pair-table.ts";
import { dimensions } from "./space.ts";

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
  /** A node, or the child itself where all edges would lead to it. Neighbouring edges may be alike. */
  node(level: number, starts: readonly number[], children: readonly Diagram[]): Diagram;
  apply(operation: Operation, left: Diagram, right: Diagram): Diagram;
  readonly size: number;
}

export function createStore(budget: Budget): Store {
  const levels: number[] = [];
  const allStarts: (readonly number[])[] = [];
  const allChildren: (readonly Diagram[])[] = [];
  let mask = 4095;
  let table = new Int32Array(mask + 1).fill(-1);
  const memos = new Map<Operation, PairTable>();

  const level = (diagram: Diagram): number => (diagram < outcomes ? dimensions : levels[diagram - outcomes]!);
  const starts = (node: Diagram): readonly number[] => allStarts[node - outcomes]!;
  const children = (node: Diagram): readonly Diagram[] => allChildren[node - outcomes]!;

  const rehash = (): void => {
    mask = 2 * mask + 1;
    table = new Int32Array(mask + 1).fill(-1);
    for (let index = 0; index < levels.length; index += 1) {
      let at = hash(levels[index]!, allStarts[index]!, allChildren[index]!) & mask;
      while (table[at] !== -1) at = (at + 1) & mask;
      table[at] = index;
    }
  };

  const intern = (ofLevel: number, ofStarts: readonly number[], ofChildren: readonly Diagram[]): Diagram => {
    let at = hash(ofLevel, ofStarts, ofChildren) & mask;
    for (; table[at] !== -1; at = (at + 1) & mask) {
      const index = table[at]!;
      if (
        levels[index] === ofLevel &&
        same(allStarts[index]!, ofStarts) &&
        same(allChildren[index]!, ofChildren)
      ) {
        return index + outcomes;
      }
    }
    const index = levels.length;
    if (index >= budget.nodes || (index % 1024 === 0 && budget.outOfTime())) throw new BudgetExceeded();
    levels.push(ofLevel);
    allStarts.push(ofStarts);
    allChildren.push(ofChildren);
    table[at] = index;
    if (2 * levels.length > mask) rehash();
    return index + outcomes;
  };

  const node = (ofLevel: number, ofStarts: readonly number[], ofChildren: readonly Diagram[]): Diagram => {
    const keptStarts: number[] = [];
    const keptChildren: Diagram[] = [];
    for (let edge = 0; edge < ofStarts.length; edge += 1) {
      if (ofChildren[edge] === keptChildren.at(-1)) continue;
      keptStarts.push(ofStarts[edge]!);
      keptChildren.push(ofChildren[edge]!);
    }
    return keptChildren.length === 1 ? keptChildren[0]! : intern(ofLevel, keptStarts, keptChildren);
  };

  /** The result where one side alone decides it. */
  const shortcut = (operation: Operation, left: Diagram, right: Diagram): Diagram | undefined => {
    if (left >= outcomes) return operation.keepsLeft && right === outcome.next ? left : undefined;
    if (operation.constant[left]) return operation.table[left * outcomes];
    if (operation.identity[left]) return right;
    return right < outcomes ? operation.table[left * outcomes + right] : undefined;
  };

  const applyWith = (operation: Operation, memo: PairTable, left: Diagram, right: Diagram): Diagram => {
    const short = shortcut(operation, left, right);
    if (short !== undefined) return short;
    const known = memo.get(left, right);
    if (known !== -1) return known;
    const at = Math.min(level(left), level(right));
    const leftStarts = level(left) === at ? starts(left) : [0];
    const leftChildren = level(left) === at ? children(left) : [left];
    const rightStarts = level(right) === at ? starts(right) : [0];
    const rightChildren = level(right) === at ? children(right) : [right];
    const newStarts: number[] = [];
    const newChildren: Diagram[] = [];
    for (let i = 0, j = 0; ; ) {
      newStarts.push(Math.max(leftStarts[i]!, rightStarts[j]!));
      newChildren.push(applyWith(operation, memo, leftChildren[i]!, rightChildren[j]!));
      const nextLeft = leftStarts[i + 1] ?? Number.POSITIVE_INFINITY;
      const nextRight = rightStarts[j + 1] ?? Number.POSITIVE_INFINITY;
      if (nextLeft === Number.POSITIVE_INFINITY && nextRight === Number.POSITIVE_INFINITY) break;
      if (nextLeft <= nextRight) i += 1;
      if (nextRight <= nextLeft) j += 1;
    }
    const result = node(at, newStarts, newChildren);
    memo.set(left, right, result);
    return result;
  };

  return {
    level,
    starts,
    children,
    node,
    apply(operation, left, right) {
      const memo = memos.get(operation) ?? createPairTable();
      memos.set(operation, memo);
      return applyWith(operation, memo, left, right);
    },
    get size() {
      return levels.length;
    },
  };
}

function hash(level: number, starts: readonly number[], children: readonly Diagram[]): number {
  let value = level + 1;
  for (let edge = 0; edge < starts.length; edge += 1) {
    value = Math.imul(value ^ starts[edge]!, 0x01000193);
    value = Math.imul(value ^ children[edge]!, 0x85ebca6b);
    value ^= value >>> 13;
  }
  return value >>> 0;
}

function same(a: readonly number[], b: readonly number[]): boolean {
  if (a.length !== b.length) return false;
  for (let at = 0; at < a.length; at += 1) if (a[at] !== b[at]) return false;
  return true;
}
