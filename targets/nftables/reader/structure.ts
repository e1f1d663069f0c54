import type { Rule } from "../../../src/compile/program.ts";
import type { Span } from "../../../src/diagnostics/diagnostic.ts";
import { type Cursor, Refusal } from "./lexer.ts";
import { ambiguity, type SetSyntax } from "./sets.ts";
import type { ChainSyntax } from "./table.ts";

/** Whose object it is: the name without its last part. */
export const owner = (name: string): string => name.slice(0, name.lastIndexOf("_"));

export function refusal(message: string, span: Span): Refusal {
  return new Refusal({
    code: "ruleset/meaning",
    severity: "error",
    message,
    span,
    fix: 'write the ruleset anew with "sluice compile"',
  });
}

/** Every lookup of the base chain, in its order: a trial must come before what it tries to replace. */
const dispatchOrder = (["ip", "ip6"] as const).flatMap((ip) =>
  ["trial", "enforce", "monitor"].map((stage) => `${ip} saddr,${ip} daddr ${stage}${ip === "ip" ? 4 : 6}`),
);

/** The base chain is the same in every text: ICMP errors pass, then the maps are asked, trials first. */
export function checkDispatch({ name, rules }: ChainSyntax, span: Span): void {
  const [errors, ...dispatch] = rules;
  const isErrors =
    errors?.state === "related" &&
    errors.protocols?.toSorted((a, b) => a - b).join() === "1,58" &&
    errors.use === undefined &&
    errors.verdict?.kind === "accept";
  const isDispatch =
    dispatch.length === dispatchOrder.length &&
    dispatch.every(
      ({ state, protocols, use }, index) =>
        !state &&
        !protocols &&
        use?.kind === "vmap" &&
        `${use.key.join()} ${use.set}` === dispatchOrder[index],
    );
  if (!isErrors || !isDispatch) {
    const message = `chain "${name.text}" lets ICMP errors pass and then asks the maps trial, enforce and monitor, IPv4 before IPv6; this one does not`;
    throw refusal(message, span);
  }
}

/** Both stages of a conduit say the same but for their last word and a drain, also the one that no packet meets now. */
export function checkStage({ name, rules }: ChainSyntax, span: Span): void {
  const stage = /_(monitor|enforce)$/.exec(name.text)?.[1];
  if (stage === undefined) return;
  const drain = `accept drain ${owner(name.text)}_drain`;
  const wanted = [
    `jump ${owner(name.text)}_permitted`,
    ...(stage === "enforce" && rules[1]?.use?.kind === "drain" ? [drain] : []),
    `jump ${owner(name.text)}_record`,
    stage === "enforce" ? "drop" : "accept",
  ];
  const found = rules.map(({ state, protocols, use, verdict }) => {
    if (use?.kind === "drain") return `${verdict?.kind} drain ${use.set}`;
    return state || protocols || use
      ? ""
      : `${verdict!.kind}${"chain" in verdict! ? ` ${verdict.chain}` : ""}`;
  });
  if (found.join() !== wanted.join()) {
    throw refusal(
      `chain "${name.text}" is not what this stage is: ${wanted.join(", ")}`,
      rules[0]?.span ?? span,
    );
  }
}

/**
 * What is noted, where and in which order, is the same in every conduit: for each family the answers, then no reply any
 * more, then for each family the openings and all that asks.
 */
export function checkRecord({ name, rules }: ChainSyntax, span: Span): void {
  if (!name.text.endsWith("_record")) return;
  const noted = rules.map(({ state, opening, protocols, use, verdict }) => {
    const part = use?.set.slice(owner(use.set).length + 1);
    // nft adds the condition on ICMP itself and leaves it out of its listing.
    const named = part?.includes("icmp") ? undefined : protocols?.toSorted((a, b) => a - b).join();
    return [state, opening && "opening", named, verdict?.kind, use?.kind, part].filter(Boolean).join(" ");
  });
  const isWanted = ["4", "6", "46"].some((families) => noted.join() === recordShape(families).join());
  if (!isWanted) {
    throw refusal(
      `chain "${name.text}" does not note what a record holds, or in another order`,
      rules[0]?.span ?? span,
    );
  }
}

const recordShape = (families: string): readonly string[] => [
  ...[...families].flatMap((family) => notes(family, "reply ", "answer")),
  "reply return",
  ...[...families].flatMap((family) => [
    `opening update openingports${family}`,
    ...notes(family, "", "record"),
  ]),
];

const notes = (family: string, state: string, set: string): readonly string[] => [
  `${state}6,17,33,132,136 return update ${set}ports${family}`,
  `${state}return update ${set}icmp${family}`,
  `${state}return update ${set}protocols${family}`,
];

/** A dispatch map leads to chains of its own stage and generation, and never leaves the choice to the kernel. */
export function checkMap(set: SetSyntax, chains: ReadonlyMap<string, ChainSyntax>): void {
  if (set.kind !== "map") return;
  const stage = set.name.slice(0, -1);
  const wanted = stage === "trial" ? /^t_.*_(?:monitor|enforce)$/ : new RegExp(`^c_.*_${stage}$`);
  const isDispatch = ["trial", "enforce", "monitor"].includes(stage) && set.name.endsWith(`${set.family}`);
  if (!isDispatch || (set.use === "leased") !== (stage === "trial") || set.rest !== "addresses") {
    throw refusal(`"${set.name}" is not a dispatch map of ours`, set.span);
  }
  for (const { chain = "", span } of set.elements) {
    if (!wanted.test(chain) || !chains.has(chain)) {
      throw refusal(`"${set.name}" leads to "${chain}", which is not a chain of that stage`, span);
    }
  }
  const twice = ambiguity(set);
  if (twice) throw refusal(`"${set.name}" has two elements that one packet can meet`, twice.span);
}

/** The kernel refuses loops too; here they would never end. */
export function checkLoops(
  rules: ReadonlyMap<string, readonly Rule[]>,
  chains: ReadonlyMap<string, ChainSyntax>,
  cursor: Cursor,
): void {
  const done = new Set<string>();
  const visit = (name: string, path: readonly string[]): void => {
    if (path.includes(name)) {
      throw refusal(`chain "${name}" comes back to itself`, cursor.span(chains.get(name)!.name));
    }
    if (done.has(name)) return;
    for (const { action: next } of rules.get(name)!) {
      if (next.kind === "jump" || next.kind === "goto") visit(next.chain, [...path, name]);
    }
    done.add(name);
  };
  for (const name of chains.keys()) visit(name, []);
}
