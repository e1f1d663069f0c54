import { sha256 } from "../../src/digest.ts";
import type { TrialOrder } from "../../src/target.ts";
import { mapName, table } from "./names.ts";
import {
  dispatchKeys,
  dispatchVerdict,
  emitConduitObjects,
  emitConduitRemoval,
  emitDrain,
  emitFrame,
} from "./objects.ts";
import type { Dispatch } from "./own-state.ts";

// Each function gives the text of one `nft -f -`, which the kernel takes as a whole or not at all.

const key = {
  lock: "0x1",
  /** A holder's own element: its deletion fails when the lock went to somebody else. */
  holder: (holder: string): string => number(`holder ${holder}`),
  confirmed: (plan: string): string => number(`confirmed ${plan}`),
};
/** A mark with the highest bit set, so that it is never the key of the lock itself. */
const number = (text: string): string =>
  `0x${(BigInt(`0x${sha256(text).slice(0, 8)}`) | 0x80000000n).toString(16)}`;

/** @throws {Error} for what a comment of nft cannot hold; holders are made of ids, so this is a broken invariant. */
function quoted(text: string): string {
  if (!/^[\w.@: -]{1,100}$/.test(text)) throw new Error(`not fit for a comment: ${text}`);
  return `"${text}"`;
}

/** Seconds in a unit of nft that has no fractions. */
const duration = (seconds: number): string => `${Math.round(seconds * 1000)}ms`;

const createLock = (holder: string, seconds: number): string =>
  [key.lock, key.holder(holder)]
    .map(
      (each) =>
        `create element ${table} lock { ${each} timeout ${duration(seconds)} comment ${quoted(holder)} }\n`,
    )
    .join("");
const deleteLock = (holder: string): string =>
  [key.holder(holder), key.lock].map((each) => `delete element ${table} lock { ${each} }\n`).join("");
const extendLock = (holder: string, seconds: number): string =>
  deleteLock(holder) + createLock(holder, seconds);

/** Takes the lock; fails when anybody has it. */
export const lockText = (holder: string, seconds: number): string =>
  emitFrame() + createLock(holder, seconds);
/** Extends the lock; fails when this holder has it no more. */
export const relockText = extendLock;
/** Gives the lock back, with all that was remembered beside it, and the table too when nothing in it was confirmed. */
export const unlockText = (holder: string, remains: "table" | "nothing"): string =>
  deleteLock(holder) + (remains === "nothing" ? `delete table ${table}\n` : `flush set ${table} lock\n`);

/** Puts a conduit's rules beside what runs. Objects of earlier trials go: they may carry another plan's rules. */
export const loadText = (rules: TrialOrder["rules"], leftovers: readonly string[]): string =>
  emitFrame() +
  flushTrials +
  leftovers.map((conduit) => emitConduitRemoval(conduit, "t")).join("") +
  emitConduitObjects(rules, "t");

const flushTrials = ([4, 6] as const)
  .map((family) => `flush map ${table} ${mapName("trial", family)}\n`)
  .join("");

const trialElements = (order: TrialOrder): string =>
  dispatchKeys(order.rules)
    .map(
      ({ family, key: pair }) =>
        `add element ${table} ${mapName("trial", family)} { ${pair} timeout ${duration(order.leaseSeconds)} ` +
        `comment "plan:${order.plan.slice(0, 16)}" : ${dispatchVerdict(order.rules, "t")} }\n`,
    )
    .join("");
const deleteTrialElements = (order: TrialOrder): string =>
  dispatchKeys(order.rules)
    .map(({ family, key: pair }) => `delete element ${table} ${mapName("trial", family)} { ${pair} }\n`)
    .join("");

/** Starts the lease. Fails unless the order's holder has the lock. */
export const armText = (order: TrialOrder): string =>
  extendLock(order.holder, order.leaseSeconds) + startDrain(order.rules) + flushTrials + trialElements(order);

/** Sessions may drain from now on. No packet meets the set when the trial ends. */
const startDrain = ({ conduit, stage, drain }: TrialOrder["rules"]): string =>
  drain === undefined || stage === "monitor" ? "" : emitDrain(conduit, "t", drain);

/** Starts the lease anew. Fails when it has ended, or when the lock went to somebody else. */
export const renewText = (order: TrialOrder): string =>
  extendLock(order.holder, order.leaseSeconds) + deleteTrialElements(order) + trialElements(order);

/** How long the firewall remembers that a plan was confirmed, for the process that renews its lease. */
const memory = "1d";

/**
 * Makes the trial permanent: its rules become the conduit's, its dispatch moves to the confirmed maps, the trial goes.
 * `replaced` is the conduit's confirmed dispatch until now, `drainLeft` the seconds for which the trial still lets open
 * sessions drain. Fails when the lease has ended.
 */
export const confirmText = (
  order: TrialOrder,
  replaced: readonly Dispatch[],
  drainLeft: number,
  lockSeconds: number,
): string =>
  extendLock(order.holder, lockSeconds) +
  deleteTrialElements(order) +
  emitConduitObjects(order.rules, "c") +
  (drainLeft > 0 ? emitDrain(order.rules.conduit, "c", drainLeft) : "") +
  replaced.map((element) => `delete element ${table} ${element.map} { ${element.key} }\n`).join("") +
  dispatchKeys(order.rules)
    .map(
      ({ family, key: pair }) =>
        `add element ${table} ${mapName(order.rules.stage, family)} { ${pair} : ${dispatchVerdict(order.rules, "c")} }\n`,
    )
    .join("") +
  emitConduitRemoval(order.rules.conduit, "t") +
  `add element ${table} lock { ${key.confirmed(order.plan)} timeout ${memory} comment "confirmed:${order.plan.slice(0, 16)}" }\n`;

/** Ends whatever trial runs. Fails unless the holder has the lock: without it, the trial is somebody else's. */
export const disarmText = (holder: string): string => extendLock(holder, disarmSeconds) + flushTrials;
/** The lock is kept this long after a trial was ended, to read what remains. */
const disarmSeconds = 60;

export const removeTableText = `add table ${table}\ndelete table ${table}\n`;

/** A frame with one leased pair of documentation addresses (RFC 5737), to see a lease end. */
export const drillText = (leaseSeconds: number): string =>
  `${emitFrame()}add element ${table} ${mapName("trial", 4)} { ${drillPair} timeout ${duration(leaseSeconds)} : drop }\n`;
export const drillPair = "192.0.2.1 . 198.51.100.1";
