import type { Stage } from "../../src/compile/ir.ts";
import { sha256 } from "../../src/digest.ts";
import { everyAddress, type Family, parseRange } from "../../src/net/address.ts";
import type { LiveConduit, OwnState } from "../../src/target.ts";
import type { Dispatch } from "./frame.ts";
import { type FamilyListing, type ListedRule, type Listing, ownText } from "./listing.ts";
import { families, frameChains, type Generation, generationPrefix, setPrefix } from "./names.ts";
import type { Clock } from "./recent.ts";

/** The trial that runs: its gate stands in the root chain of a family, its list names the plan, and its lease holds. */
export function runningTrial(listing: Listing, clock: Clock): LiveConduit["trial"] {
  for (const family of families) {
    for (const { text } of listing.families[family].chains.get(frameChains.root) ?? []) {
      const list = / --name (SLUICE-([0-9a-f]{16})) /.exec(text);
      if (!list) continue;
      const secondsLeft = clock.secondsLeft(list[1]!);
      return secondsLeft > 0 ? { plan: list[2]!, secondsLeft } : undefined;
    }
  }
  return undefined;
}

/** Our part of the host as what it does. */
export function ownState(listing: Listing, clock: Clock): OwnState {
  const confirmed = withoutTrial(listing);
  const form = isBareFrame(confirmed) ? "" : confirmedForm(confirmed);
  const trial = runningTrial(listing, clock);
  const onTrial = trial ? conduitsIn(listing, clock, "t").map((each) => ({ ...each, trial })) : [];
  return {
    text: ownText(trial ? listing : confirmed),
    form,
    ownHash: sha256(form),
    conduits: [...onTrial, ...conduitsIn(listing, clock, "c")],
  };
}

/** A trial that ended by itself stays loaded until somebody takes it away. It is no part of what the host does. */
const withoutTrial = (listing: Listing): Listing => {
  const of = (family: Family): FamilyListing => {
    const { chains, jumps } = listing.families[family];
    const kept = [...chains].filter(([name]) => !isTrials(name));
    return {
      chains: new Map(kept.map(([name, rules]) => [name, rules.filter((rule) => !isGate(name, rule))])),
      jumps,
    };
  };
  const sets = listing.sets.filter(({ name }) => name.startsWith(setPrefix("c")));
  return { families: { 4: of(4), 6: of(6) }, sets };
};

const isGate = (chain: string, { text }: ListedRule): boolean =>
  chain === frameChains.root && text.endsWith(`-g ${frameChains.trial}`);

export const isTrials = (chain: string): boolean =>
  chain.startsWith(generationPrefix("t")) || chain.startsWith(frameChains.trial);

/** What is confirmed, family by family: where the jump stands, then each chain with its rules. */
function confirmedForm(listing: Listing): string {
  return [
    ...listing.sets.map(({ name, properties }) => `${name} ${properties}`).toSorted(),
    ...families.flatMap((family) => {
      const { chains, jumps } = listing.families[family];
      return [
        `IPv${family}: FORWARD ${jumps.join(" ")}`,
        ...[...chains.keys()]
          .filter((name) => name !== frameChains.notes)
          .toSorted()
          .flatMap((name) => [name, ...chains.get(name)!.map(({ text }) => `  ${text}`)]),
      ];
    }),
    "",
  ].join("\n");
}

/** A frame that dispatches nothing lets every packet through: it is as good as absent. */
const isBareFrame = (listing: Listing): boolean =>
  families.every((family) =>
    [...listing.families[family].chains].every(
      ([name, rules]) =>
        name === frameChains.notes ||
        ((name === frameChains.root || name === frameChains.confirmed) &&
          rules.every(({ text }) => bareRules.has(text))),
    ),
  );
const bareRules: ReadonlySet<string> = new Set([
  "-p icmp -m conntrack --ctstate RELATED -j RETURN",
  "-p ipv6-icmp -m conntrack --ctstate RELATED -j RETURN",
  `-g ${frameChains.confirmed}`,
]);

/** Conduits of a generation to which packets are dispatched. */
function conduitsIn(listing: Listing, clock: Clock, generation: Generation): readonly LiveConduit[] {
  const entries = new Set(liveDispatch(listing, generation).map(({ chain }) => chain));
  return [...entries].flatMap((entry) => {
    const named = identity(listing, entry);
    if (!named) return [];
    const lists = drainListsIn(listing, (chain) => chain === `${entry}.record`);
    const draining = Math.max(0, ...lists.map((list) => clock.secondsLeft(list)));
    const rulesHash = sha256(rulesForm(listing, entry, generation));
    return [{ ...named, rulesHash, ...(draining > 0 && { draining }) }];
  });
}

/** The lists by which chains let sessions drain. */
const drainListsIn = (listing: Listing, wanted: (chain: string) => boolean): readonly string[] =>
  families.flatMap((family) =>
    [...listing.families[family].chains].flatMap(([chain, rules]) =>
      wanted(chain) ? rules.flatMap(({ text }) => / --name (SLUICE-DRAIN-\S+) /.exec(text)?.[1] ?? []) : [],
    ),
  );

/** Lists of a trial that nothing confirmed knows: what was armed with the trial ends with it. */
export function drainsOfTrial(listing: Listing): readonly string[] {
  const confirmed = new Set(drainListsIn(listing, (chain) => !isTrials(chain)));
  return [...new Set(drainListsIn(listing, isTrials))].filter((list) => !confirmed.has(list));
}

/** Which conduit an entry chain belongs to, and its stage: the last rule of what befalls the rest says so. */
export function identity(
  listing: Listing,
  entry: string,
): { readonly conduit: string; readonly stage: Stage } | undefined {
  for (const family of families) {
    const verdict = listing.families[family].chains.get(`${entry}.rest`)?.at(-1)?.text ?? "";
    const [, conduit, stage] = /--comment "(\S+) (monitor|enforce)" -j (?:RETURN|DROP)$/.exec(verdict) ?? [];
    if (conduit !== undefined) return { conduit, stage: stage as Stage };
  }
  return undefined;
}

/** The rules of one conduit in a form that does not tell a trial from what is confirmed. */
function rulesForm(listing: Listing, entry: string, generation: Generation): string {
  const set = entry.replace("SLUICE", "sluice");
  const lines = families.flatMap((family) =>
    [...listing.families[family].chains]
      .filter(([name]) => name === entry || name.startsWith(`${entry}.`))
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([name, rules]) => [`IPv${family} ${name}`, ...rules.map(({ text }) => `  ${text}`)]),
  );
  const sets = listing.sets
    .filter(({ name }) => name.startsWith(`${set}.`))
    .map(({ name, properties }) => `${name} ${properties}`);
  return [...sets, ...lines]
    .join("\n")
    .replaceAll(generationPrefix(generation), generationPrefix("c"))
    .replaceAll(setPrefix(generation), setPrefix("c"));
}

/** Dispatch as it stands: each pair of networks once, read from the rules that lead to a conduit's entry. */
export function liveDispatch(listing: Listing, generation: Generation): readonly Dispatch[] {
  const root = generation === "c" ? frameChains.confirmed : frameChains.trial;
  const found = new Map<string, Dispatch>();
  for (const family of families) {
    for (const [name, rules] of listing.families[family].chains) {
      if (!name.startsWith(root)) continue;
      for (const { text } of rules) {
        const entry = / -g (SLUICE-[ct]-[^.]+)$/.exec(` ${text}`)?.[1];
        if (entry === undefined) continue;
        const [left, right] = [address(text, "s", "src", family), address(text, "d", "dst", family)];
        const ends = [left, right].map(({ from, to }) => `${from}-${to}`);
        const key = [family, entry, ...ends.toSorted()].join(" ");
        if (!found.has(key)) found.set(key, { pair: { left, right }, chain: entry });
      }
    }
  }
  return [...found.values()];
}

function address(text: string, option: "s" | "d", side: "src" | "dst", family: Family) {
  const named = new RegExp(`(?:^| )(?:-${option}|--${side}-range) (\\S+)`).exec(text)?.[1];
  return named === undefined ? everyAddress(family) : parseRange(named);
}
