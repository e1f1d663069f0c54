import type { Listing } from "./listing.ts";
import { commentText } from "./matches.ts";
import { frameChains, lockList } from "./names.ts";
import type { Chain } from "./ruleset.ts";

/** The lock of one holder, and the plan that was confirmed last: comments in a chain that no packet meets. */
export function notesChain(listing: Listing, holder: string | undefined, confirmed?: string): Chain {
  const remembered =
    confirmed === undefined
      ? notes(listing).filter((text) => memory.test(text))
      : [commentText(`confirmed:${confirmed.slice(0, 16)}`)];
  const lock =
    holder === undefined
      ? []
      : [
          `-m recent --rcheck --name ${lockList(holder)} --mask 0.0.0.0 --rsource ${commentText(`lock:${plain(holder)}`)}`,
        ];
  return { name: frameChains.notes, rules: [...lock, ...remembered].map((text) => ({ family: 4, text })) };
}

/** Comments are read back with quotes or without, as the host prints them. */
const memory = /--comment "?confirmed:(\w+)"?$/;
const notes = (listing: Listing): readonly string[] =>
  (listing.families[4].chains.get(frameChains.notes) ?? []).map(({ text }) => text);

/** Text of a person, fit for a comment: 256 characters, no quotes. */
const plain = (text: string): string => text.replaceAll(/[^\w.@:+ -]/g, "?").slice(0, 100);

/** Who has the lock, and the list that says for how long. */
export function lockIn(listing: Listing): { readonly holder: string; readonly list: string } | undefined {
  for (const text of notes(listing)) {
    const [, list, quoted, word] =
      / --name (SLUICE-LOCK-\w+) .*--comment (?:"lock:([^"]*)"|lock:(\S+))$/.exec(text) ?? [];
    if (list !== undefined) return { holder: quoted ?? word ?? "", list };
  }
  return undefined;
}

/** Whether the host itself remembers that this plan was confirmed. */
export const rememberedAsConfirmed = (listing: Listing, plan: string): boolean =>
  notes(listing).some((text) => memory.exec(text)?.[1] === plan.slice(0, 16));
