import type { ConduitRules } from "../../src/compile/ir.ts";
import type { Family } from "../../src/net/address.ts";
import type { TrialOrder } from "../../src/target.ts";
import { conduitChains, familiesOf } from "./conduit.ts";
import { confirmedChains, dispatchOf, rootChain, trialChains } from "./frame.ts";
import type { FamilyListing, Listing } from "./listing.ts";
import { commentText } from "./matches.ts";
import {
  chainName,
  families,
  frameChains,
  type Generation,
  generationPrefix,
  lockList,
  setPrefix,
} from "./names.ts";
import { identity, liveDispatch } from "./own-state.ts";
import { type Chain, createSet, readText, recordSets } from "./ruleset.ts";

/** What a step makes of our part: chains that it writes anew, chains that it removes; all others stay, with their counters. */
export interface Change {
  readonly write: readonly Chain[];
  readonly remove: readonly string[];
  /** For `ipset restore`, before the rules. */
  readonly setsBefore?: readonly string[];
  /** Sets that go, after the rules that used them. */
  readonly setsAfter?: readonly string[];
  /** The jump from FORWARD goes too. */
  readonly leave?: true;
}

/** Names of our chains in either family for which `wanted` holds. */
const chainNames = (listing: Listing, wanted: (name: string) => boolean): readonly string[] => [
  ...new Set(families.flatMap((family) => [...listing.families[family].chains.keys()].filter(wanted))),
];

const ofTrials = (name: string): boolean =>
  name.startsWith(frameChains.trial) || name.startsWith(generationPrefix("t"));
const isConfirmed = (name: string): boolean => name.startsWith(frameChains.confirmed);
const ofConduit =
  (generation: Generation, conduit: string) =>
  (name: string): boolean => {
    const entry = chainName(generation, conduit, "");
    return name === entry || name.startsWith(`${entry}.`);
  };

const setsOf = (listing: Listing, prefix: string): readonly string[] =>
  listing.sets.map(({ name }) => name).filter((name) => name.startsWith(prefix));

/** The lock of one holder, and the plan that was confirmed last: comments in a chain that no packet meets. */
function notesChain(listing: Listing, holder: string | undefined, confirmed?: string): Chain {
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

export const lockChange = (listing: Listing, holder: string): Change => ({
  write: [...missingFrame(listing), notesChain(listing, holder)],
  remove: [],
});

/** Gives the lock back, and with it all of ours when nothing of it dispatches a packet. */
export function unlockChange(listing: Listing): Change {
  const remains = chainNames(listing, (name) => /^SLUICE-[ct]-/.test(name)).length > 0;
  return remains ? { write: [notesChain(listing, undefined)], remove: [] } : removeAll(listing);
}

export const removeAll = (listing: Listing): Change => ({
  write: [],
  remove: chainNames(listing, () => true),
  setsAfter: setsOf(listing, "sluice-"),
  leave: true,
});

/** Puts a conduit's rules beside what runs, so that no packet meets them. What earlier trials left goes. */
export function loadChange(listing: Listing, rules: ConduitRules): Change {
  const chains = conduitChains(rules, "t");
  const written = new Set(chains.map(({ name }) => name));
  const sets = recordSets("t", rules.conduit, familiesOf(rules));
  const needed = new Set(sets.map(({ name }) => name));
  return {
    write: [...missingFrame(listing), ...withoutTrial(listing), ...chains],
    remove: chainNames(listing, (name) => ofTrials(name) && !written.has(name)),
    setsBefore: sets.flatMap((set) => [createSet(set), `flush ${set.name}`]),
    setsAfter: setsOf(listing, setPrefix("t")).filter((name) => !needed.has(name)),
  };
}

/** The root without a gate, where one stands. */
const withoutTrial = (listing: Listing): readonly Chain[] =>
  chainNames(listing, (name) => name === frameChains.root).length > 0 ? [rootChain(undefined)] : [];

const missingFrame = (listing: Listing): readonly Chain[] =>
  families.every((family) => listing.families[family].chains.has(frameChains.root))
    ? []
    : [rootChain(undefined), ...confirmedChains(liveDispatch(listing, "c"))];

/** Puts the gate in place. Packets meet the trial from the moment at which its list holds an address. */
export const armChange = (order: TrialOrder, seconds: number): Change => ({
  write: [rootChain({ plan: order.plan, seconds }), ...trialChains(dispatchOf(order.rules, "t"))],
  remove: [],
});

/** Makes the trial permanent: its rules become the conduit's, its dispatch is confirmed, the trial goes. */
export function confirmChange(listing: Listing, order: TrialOrder): Change {
  const { rules } = order;
  const entry = chainName("c", rules.conduit, "");
  const others = liveDispatch(listing, "c").filter(({ chain }) => chain !== entry);
  const dispatch = confirmedChains([...others, ...dispatchOf(rules, "c")]);
  const write = [
    rootChain(undefined),
    ...dispatch,
    ...conduitChains(rules, "c"),
    notesChain(listing, order.holder, order.plan),
  ];
  const written = new Set(write.map(({ name }) => name));
  const old = ofConduit("c", rules.conduit);
  const sets = recordSets("c", rules.conduit, familiesOf(rules));
  const needed = new Set(sets.map(({ name }) => name));
  return {
    write,
    remove: chainNames(
      listing,
      (name) => (ofTrials(name) || isConfirmed(name) || old(name)) && !written.has(name),
    ),
    setsBefore: sets.map(createSet),
    setsAfter: [
      ...setsOf(listing, setPrefix("t")),
      ...setsOf(listing, `${entry.replace("SLUICE", "sluice")}.`).filter((name) => !needed.has(name)),
    ],
  };
}

/** Takes away what a trial brought. */
export const disarmChange = (listing: Listing): Change => ({
  write: withoutTrial(listing),
  remove: chainNames(listing, ofTrials),
  setsAfter: setsOf(listing, setPrefix("t")),
});

/** Puts back what a text of ours says. The lock stays with whom it is. */
export function restoreChange(listing: Listing, text: string): Change {
  const { sets, chains } = readText(text);
  const written = new Set([frameChains.notes as string, ...chains.map(({ name }) => name)]);
  const needed = new Set(sets.map((set) => set.split(" ")[1]));
  return {
    write: chains,
    remove: chainNames(listing, (name) => !written.has(name)),
    setsBefore: sets,
    setsAfter: setsOf(listing, "sluice-").filter((name) => !needed.has(name)),
  };
}

/** Another conduit on this host whose chains have the names that these rules need. */
export const collision = (listing: Listing, { conduit }: ConduitRules): string | undefined =>
  (["c", "t"] as const)
    .map((generation) => identity(listing, chainName(generation, conduit, ""))?.conduit)
    .find((other) => other !== undefined && other !== conduit);

/** A change as the input of a family's restore tool: one commit. */
export function restoreText(family: Family, live: FamilyListing, change: Change): string {
  const removed = change.remove.filter((name) => live.chains.has(name));
  return commit([
    ...change.write.map(({ name }) => `:${name} - [0:0]`),
    ...change.write.flatMap(({ name, rules }) =>
      rules.flatMap((rule) =>
        rule.family === undefined || rule.family === family ? [`-A ${name} ${rule.text}`] : [],
      ),
    ),
    ...jump(live, change.leave ? "leave" : "first"),
    ...removed.map((name) => `-F ${name}`),
    ...removed.map((name) => `-X ${name}`),
  ]);
}

/** What undoes a change in a family: each chain that it touched as it was. */
export function undoText(live: FamilyListing, change: Change): string {
  const touched = [...change.write.map(({ name }) => name), ...change.remove];
  const before = touched.filter((name) => live.chains.has(name));
  const added = touched.filter((name) => !live.chains.has(name) && !change.remove.includes(name));
  return commit([
    ...before.map((name) => `:${name} - [0:0]`),
    ...before.flatMap((name) => live.chains.get(name)!.map(({ text }) => `-A ${name} ${text}`.trimEnd())),
    ...(live.jumps.length === 0 && !change.leave ? [`-D FORWARD -j ${frameChains.root}`] : []),
    ...(live.jumps.length > 0 && change.leave ? [`-I FORWARD 1 -j ${frameChains.root}`] : []),
    ...added.map((name) => `-F ${name}`),
    ...added.map((name) => `-X ${name}`),
  ]);
}

const commit = (lines: readonly string[]): string => ["*filter", ...lines, "COMMIT", ""].join("\n");

/** Exactly one jump, before every other rule of FORWARD; or none. */
function jump({ jumps }: FamilyListing, wanted: "first" | "leave"): readonly string[] {
  if (wanted === "first" && jumps.length === 1 && jumps[0] === 1) return [];
  return [
    ...jumps.map(() => `-D FORWARD -j ${frameChains.root}`),
    ...(wanted === "first" ? [`-I FORWARD 1 -j ${frameChains.root}`] : []),
  ];
}
