/**
 * Terminals of a diagram: what has become of a packet, and whether it was recorded on the way. `next` goes on with
 * the following rule, `back` has left its chain. The number is twice the kind, plus one when recorded.
 */
export const outcome = { next: 0, back: 2, accept: 4, drop: 6 } as const;
export const outcomes = 8;
export const recorded = 1;

/** A binary operation on outcomes, with the shortcuts that its table allows. */
export interface Operation {
  /** `table[left * outcomes + right]`. */
  readonly table: Uint8Array;
  /** By the left outcome: the right side does not matter. */
  readonly constant: readonly boolean[];
  /** By the left outcome: the result is the right side. */
  readonly identity: readonly boolean[];
  /** With `next` on the right, the result is the left side. */
  readonly keepsLeft: boolean;
  /** The left outcomes that stay as they are whatever the right side, as bits: a left side with no other is the result. */
  readonly settled: number;
}

const every = Array.from({ length: outcomes }, (_, at) => at);

/** A set of outcomes as bits. */
const bits = (set: readonly number[]): number => set.reduce((all, one) => all | (1 << one), 0);

const operation = (result: (left: number, right: number) => number): Operation => ({
  table: Uint8Array.from(every.flatMap((left) => every.map((right) => result(left, right)))),
  constant: every.map((left) => every.every((right) => result(left, right) === result(left, 0))),
  identity: every.map((left) => every.every((right) => result(left, right) === right)),
  keepsLeft: every.every((left) => result(left, outcome.next) === left),
  settled: bits(every.filter((left) => every.every((right) => result(left, right) === left))),
});

/** One rule after the other: the second decides what the first has left open. A record is never taken back. */
export const sequence = operation((left, right) =>
  (left & ~recorded) === outcome.next ? right | (left & recorded) : left,
);

/** The right diagram where the left one accepts, and `next` elsewhere: a rule's condition applied to its effect. */
export const where = operation((left, right) => (left === outcome.accept ? right : outcome.next));

/** The right diagram where the left one does not accept, and `next` where it does. */
export const elsewhere = operation((left, right) => (left === outcome.accept ? outcome.next : right));

const replaceOpen = (back: number, next: number): Operation =>
  operation((left) => {
    const kind = left & ~recorded;
    if (kind === outcome.back) return back | (left & recorded);
    return kind === outcome.next ? next | (left & recorded) : left;
  });

/** What a jump makes of its chain: whoever left it goes on behind the jump. */
export const afterJump = replaceOpen(outcome.next, outcome.next);
/** What a goto makes of its chain: whoever left it has left the calling chain too. */
export const afterGoto = replaceOpen(outcome.back, outcome.back);
/** The end of the entry chain is its policy. */
export const atEnd = {
  accept: replaceOpen(outcome.accept, outcome.accept),
  drop: replaceOpen(outcome.drop, outcome.drop),
} as const;

/** A predicate on two outcomes as an operation: accept where it holds. */
export const compare = (holds: (left: number, right: number) => boolean): Operation =>
  operation((left, right) => (holds(left, right) ? outcome.accept : outcome.next));
