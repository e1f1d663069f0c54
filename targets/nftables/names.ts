import type { Family } from "../../src/net/address.ts";

/** The one table that is ours; nothing outside it is ever touched. */
export const table = "inet sluice";

/** Whose objects they are: `c` the conduit's confirmed ones, `t` those of the one trial that may run. */
export type Generation = "c" | "t";

/** Kinds of dispatch map, in the order in which a packet meets them. */
export const dispatchKinds = ["trial", "enforce", "monitor"] as const;
export type DispatchKind = (typeof dispatchKinds)[number];

export const families: readonly Family[] = [4, 6];

export const mapName = (kind: DispatchKind, family: Family): string => `${kind}${family}`;

/** A conduit's id as an identifier of nft. Ids hold no underscore, so no two become the same. */
export const conduitName = (conduit: string): string => conduit.replaceAll("-", "_");

/**
 * `c_dmz_cell1_ports4`: generation, conduit, part. A part holds no underscore, so that no two conduits share a name
 * (`a` with a part `b_ports4` would be `a-b`), and the prefix keeps every name apart from nft's keywords.
 */
export const objectName = (generation: Generation, conduit: string, part: string): string =>
  `${generation}_${conduitName(conduit)}_${part}`;

/** The conduit, generation and part of a name of ours, or undefined when the name is not of that form. */
export function parseObjectName(
  name: string,
): { readonly generation: Generation; readonly conduit: string; readonly part: string } | undefined {
  const match = /^([ct])_([a-z][a-z0-9_]*)_([a-z0-9]+)$/.exec(name);
  if (!match) return undefined;
  const [, generation, conduit, part] = match;
  return { generation: generation as Generation, conduit: conduit!.replaceAll("_", "-"), part: part! };
}

/** Chains of a conduit. A dispatch element goes to the one that is named as the stage. */
export const chainParts = ["permitted", "replies", "record", "monitor", "enforce"] as const;
export type ChainPart = (typeof chainParts)[number];

/** Shapes of permit sets: what of a packet the element names beside its two addresses. */
export const permitShapes = ["ports", "icmp", "protocols", "addresses"] as const;
export type PermitShape = (typeof permitShapes)[number];

/** Shapes of the sets that record what no permit admitted. */
export const recordShapes = ["ports", "icmp", "protocols"] as const;
export type RecordShape = (typeof recordShapes)[number];

/** Holds, while a conduit drains, the IP versions whose open sessions may go on; each for the time that is left. */
export const drainPart = "drain";
/**
 * What of a session a record counts: all that asks, the answers, and among what asks the openings of TCP (SYN without
 * ACK). Apart, they tell who asks, whether anybody answers, and what was only picked up midway.
 */
export const recordAspects = ["record", "answer", "opening"] as const;
export type RecordAspect = (typeof recordAspects)[number];

/**
 * How a permit set finds its elements. Single addresses and ports are hashed, which costs a packet the same whatever the
 * set holds; ranges take a tree, which costs several times that.
 */
export const permitMatches = ["exact", "ranges"] as const;
export type PermitMatch = (typeof permitMatches)[number];
const matchNames: Readonly<Record<PermitMatch, string>> = { exact: "host", ranges: "" };

export const permitPart = (shape: PermitShape, family: Family, match: PermitMatch): string =>
  `${matchNames[match]}${shape}${family}`;
export const replyPart = (shape: PermitShape, family: Family, match: PermitMatch): string =>
  `reply${permitPart(shape, family, match)}`;
export const recordPart = (aspect: RecordAspect, shape: RecordShape, family: Family): string =>
  `${aspect}${shape}${family}`;

/** Openings are of TCP, so they have ports. */
export const recordParts = (
  family: Family,
): readonly { readonly shape: RecordShape; readonly part: string }[] =>
  recordAspects.flatMap((aspect) =>
    recordShapes
      .filter((shape) => aspect !== "opening" || shape === "ports")
      .map((shape) => ({ shape, part: recordPart(aspect, shape, family) })),
  );
