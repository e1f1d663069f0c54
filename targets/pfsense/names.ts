import { sha256 } from "../../src/digest.ts";
import { capabilities } from "./capabilities.ts";

/** Our anchor of a conduit's trial: pfSense attaches `userrules/*` before its own user rules. */
export const anchorName = (conduit: string): string => `userrules/sluice_${underscored(conduit)}`;

/** The anchor of a known-good that somebody loads at the console: all its conduits. No conduit's name starts like it. */
export const knownGoodAnchor = "userrules/sluice_0_known_good";

/** The conduit of an anchor of ours, or undefined. */
export const conduitOfAnchor = (anchor: string): string | undefined =>
  /^userrules\/sluice_([a-z][a-z0-9_]{0,30})$/.exec(anchor)?.[1]?.replaceAll("_", "-");

/** The tag of what a conduit admits. One for its trial and its confirmed rules, so that a trial overrides them. */
export const tagName = (conduit: string): string => `sluice_${underscored(conduit)}_ok`;

/**
 * A table or alias: as much of the conduit's name as fits in [A-Za-z0-9_], and a digest of what it holds. Equal content
 * has one name, and other content never the same (48 bits).
 */
export function tableName(conduit: string, prefixes: readonly string[]): string {
  const digest = sha256(`${conduit} ${prefixes.join(" ")}`).slice(0, 12);
  const room = capabilities.nameLength - `sluice__${digest}`.length;
  return `sluice_${underscored(conduit).slice(0, room)}_${digest}`;
}

/** First of the rule identifiers that are ours; pfSense gives a rule of a human the seconds of its creation. */
export const firstTracker = 0xc0000000;

/** The identifier of a rule: pf prints it in its log and counters, pfSense calls it tracker. */
export const trackerOf = (conduit: string, rule: string): number =>
  firstTracker + Number(BigInt(`0x${sha256(`${conduit} ${rule}`).slice(0, 8)}`) % 0x40000000n);

/** What rules are for, other than a permit. No permit can have such an id. */
export type Role = "(firewall)" | "(rest)" | "(judged)";

/** The description of a rule: ours when it starts with `sluice:<conduit>:`. */
export const description = (conduit: string, part: string): string => `sluice:${conduit}:${part}`;

export function parseDescription(
  text: string,
): { readonly conduit: string; readonly part: string } | undefined {
  const match = /^sluice:([a-z][a-z0-9-]{0,30}):([a-z][a-z0-9-]{0,30}|\((?:firewall|rest|judged)\))$/.exec(
    text,
  );
  return match ? { conduit: match[1]!, part: match[2]! } : undefined;
}

const underscored = (id: string): string => id.replaceAll("-", "_");
