import { shortName } from "../../src/compile/legalise/short-name.ts";
import { sha256 } from "../../src/digest.ts";
import type { Family } from "../../src/net/address.ts";
import { capabilities } from "./capabilities.ts";

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

/** Chains of the trees, that a packet may pass one behind the other. */
const dispatchPaths = { trial: 1, confirmed: 2 } as const;
/** Beside the trees a packet passes the root, a conduit's entry, its `.replied`, `.record` and `.rest`. */
const besideTrees = 5;
export const pathLengths = {
  ...dispatchPaths,
  permits: capabilities.lookup.chains - dispatchPaths.trial - dispatchPaths.confirmed - besideTrees,
} as const;

/** Whose objects they are: `c` the conduit's confirmed ones, `t` those of the one trial that may run. */
export type Generation = "c" | "t";

/** The longest part of a conduit's chains; those of a tree have a number behind a shorter one. */
const longestPart: Part = ".replied";

/** What of a conduit's id fits into the names of its chains. */
export const conduitKey = (conduit: string): string =>
  shortName(conduit, capabilities.nameLength - generationPrefix("c").length - longestPart.length);

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

/** How the lists of `-m recent` begin by which sessions of a conduit drain. */
export const drainPrefix = (conduit: string): string => `SLUICE-DRAIN-${conduitKey(conduit)}-`;

/** The list of `-m recent` that holds the time until which a holder has the lock. */
export const lockList = (holder: string): string => `SLUICE-LOCK-${sha256(holder).slice(0, 8)}`;
