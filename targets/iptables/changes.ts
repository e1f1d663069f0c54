import type { ConduitRules } from "../../src/compile/ir.ts";
import type { TrialOrder } from "../../src/target.ts";
import { conduitChains, familiesOf } from "./conduit.ts";
import { confirmedChains, dispatchOf, rootChain, trialChains } from "./frame.ts";
import type { Listing } from "./listing.ts";
import { chainName, families, frameChains, setPrefix } from "./names.ts";
import { notesChain } from "./notes.ts";
import { identity, isTrials, liveDispatch } from "./own-state.ts";
import type { Change } from "./restore.ts";
import { type Chain, createSet, readText, recordSets } from "./ruleset.ts";

// Each function computes one step of the driver from what stands on the host now.

/** Names of our chains in either family for which `wanted` holds. */
const chainNames = (listing: Listing, wanted: (name: string) => boolean): readonly string[] => [
  ...new Set(families.flatMap((family) => [...listing.families[family].chains.keys()].filter(wanted))),
];

const isConfirmed = (name: string): boolean => name.startsWith(frameChains.confirmed);
const setsOf = (listing: Listing, prefix: string): readonly string[] =>
  listing.sets.map(({ name }) => name).filter((name) => name.startsWith(prefix));

export const lockChange = (listing: Listing, holder: string): Change => ({
  write: [...(hasFrame(listing) ? [] : frame(listing)), notesChain(listing, holder)],
  remove: [],
});

const hasFrame = (listing: Listing): boolean =>
  families.every((family) => listing.families[family].chains.has(frameChains.root));

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
    write: [...frame(listing), ...chains],
    remove: chainNames(listing, (name) => isTrials(name) && !written.has(name)),
    setsBefore: sets.flatMap((set) => [createSet(set), `flush ${set.name}`]),
    setsAfter: setsOf(listing, setPrefix("t")).filter((name) => !needed.has(name)),
  };
}

/** The frame without a gate; its dispatch only where a family lacks it, so that counters stay. */
const frame = (listing: Listing): readonly Chain[] => [
  rootChain(undefined),
  ...(families.every((family) => listing.families[family].chains.has(frameChains.confirmed))
    ? []
    : confirmedChains(liveDispatch(listing, "c"))),
];

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
  const isOwn = (name: string): boolean => name === entry || name.startsWith(`${entry}.`);
  const sets = recordSets("c", rules.conduit, familiesOf(rules));
  const needed = new Set(sets.map(({ name }) => name));
  return {
    write,
    remove: chainNames(
      listing,
      (name) => (isTrials(name) || isConfirmed(name) || isOwn(name)) && !written.has(name),
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
  write: frame(listing),
  remove: chainNames(listing, isTrials),
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
