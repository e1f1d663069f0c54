import type { BaselineFlow } from "./flow.ts";

/** The parts of a conversation that say whether a router would carry it. */
export interface Path {
  readonly initiator: string;
  readonly responder: string;
  /** The link layer delivered it to everyone. */
  readonly broadcast: boolean;
  readonly answered: boolean;
}

const linkLocal = /^(169\.254\.|fe[89ab][0-9a-f]:)/;
const loopback = /^(127\.|::1$)/;
const unspecified = /^(0\.|::$)/;

/** Whether an address stands for a group of hosts (RFC 1112, RFC 4291, RFC 919). A group never sends. */
export const isGroup = (address: string): boolean => isMulticast(address) || address === "255.255.255.255";

/** Also read by the engines for bulk logs: RE2 knows no look-around, and needs none here. */
export const multicastPattern = /^(22[4-9]|23[0-9])\.|^ff[0-9a-f]{2}:/;

/** Whether an address has a meaning on its own link or host only, or none at all. */
export const isOnLink = (address: string): boolean =>
  [linkLocal, loopback, unspecified].some((pattern) => pattern.test(address));

/** Whether an address is a host's on its own link, without meaning beyond it. */
export const isLinkLocal = (address: string): boolean => linkLocal.test(address);

const isMulticast = (address: string): boolean => multicastPattern.test(address);

/**
 * Why no routed conduit can carry a flow, if so. A subnet's broadcast address cannot be told from its text alone:
 * the link layer tells, or, in a log, that a host ending in .255 was asked and never said a word.
 */
export function notRoutable({
  initiator,
  responder,
  broadcast,
  answered,
}: Path): BaselineFlow["notRoutable"] {
  if (isMulticast(responder)) return "multicast";
  if (broadcast || responder === "255.255.255.255" || (!answered && responder.endsWith(".255")))
    return "broadcast";
  for (const address of [initiator, responder]) {
    if (unspecified.test(address)) return "unspecified";
    if (loopback.test(address)) return "loopback";
    if (linkLocal.test(address)) return "link-local";
  }
  return undefined;
}
