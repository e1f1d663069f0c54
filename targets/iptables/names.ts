import { sha256 } from "../../src/digest.ts";
import type { Family } from "../../src/net/address.ts";

/** Longest name of a chain: XT_EXTENSION_MAXNAMELEN of the kernel, as iptables itself limits it. */
export const nameLength = 28;

export const families: readonly Family[] = [4, 6];

/** Chains that belong to no conduit. Nothing outside `SLUICE…` is ours, but for one jump in FORWARD. */
export const frameChains = {
  /** Where FORWARD jumps to, at its first rule. */
  root: "SLUICE",
  /** Dispatch of the one trial; reached while its lease holds. */
  trial: "SLUICE-TRIAL",
  /** Dispatch of what is confirmed. */
  confirmed: "SLUICE-CONFIRMED",
  /** The lock and the memory of the last confirm. No packet meets it. */
  notes: "SLUICE-NOTES",
} as const;

/**
 * Chains that a packet may pass one behind the other: 15 of ours behind FORWARD, since the kernel of the nft variant
 * counts gotos as jumps (NFT_JUMP_STACK_SIZE). Beside these: the root, a conduit's entry, its `.replied`, `.record` and
 * `.rest`.
 */
export const pathLengths = { trial: 1, confirmed: 2, permits: 7 } as const;

/** Whose objects they are: `c` the conduit's confirmed ones, `t` those of the one trial that may run. */
export type Generation = "c" | "t";

const keyLength = 11;

/**
 * A conduit's id, or where that is too long its first letters and a hash. The underscore, which no id holds, keeps the
 * two kinds apart; two conduits that hash alike are refused by whoever sees both.
 */
export function conduitKey(conduit: string): string {
  if (conduit.length <= keyLength) return conduit;
  const hash = BigInt(`0x${sha256(conduit).slice(0, 12)}`)
    .toString(36)
    .slice(-6)
    .padStart(6, "0");
  return `${conduit.slice(0, keyLength - 7)}_${hash}`;
}

/** Parts of a conduit: its entry, the trees that permit requests (`p`) and replies (`r`), and what befalls the rest. */
export type Part = "" | ".p" | ".r" | ".record" | ".replied" | ".rest";

/** `SLUICE-c-dmz-cell1.rest`: generation, conduit, part. No id holds a dot, so no two conduits share a name. */
export const chainName = (generation: Generation, conduit: string, part: Part): string =>
  `${generationPrefix(generation)}${conduitKey(conduit)}${part}`;

export const generationPrefix = (generation: Generation): string => `SLUICE-${generation}-`;

/** What of a session an ipset counts: all packets that ask, of these the openings of TCP, and the answers. */
export const recordAspects = ["request", "opening", "answer"] as const;
export type RecordAspect = (typeof recordAspects)[number];
export const aspectLetters: Readonly<Record<RecordAspect, string>> = {
  request: "",
  opening: "o",
  answer: "a",
};

/** The ipset that holds what a conduit recorded in one family, as `sluice-c-dmz-cell1.a4`. */
export const setName = (
  generation: Generation,
  conduit: string,
  aspect: RecordAspect,
  family: Family,
): string => `${setPrefix(generation)}${conduitKey(conduit)}.${aspectLetters[aspect]}${family}`;

export const setPrefix = (generation: Generation): string => `sluice-${generation}-`;

/** The list of `-m recent` that holds a trial's lease, and by its name the plan: it exists while the trial is loaded. */
export const leaseList = (plan: string): string => `SLUICE-${plan.slice(0, 16)}`;

/** The list of `-m recent` that holds the time until which a holder has the lock. */
export const lockList = (holder: string): string => `SLUICE-LOCK-${sha256(holder).slice(0, 8)}`;
