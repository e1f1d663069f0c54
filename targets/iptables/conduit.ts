import type { ConduitRules, PermitRules } from "../../src/compile/ir.ts";
import type { LegalRule } from "../../src/compile/legalise/legal-rule.ts";
import { legalRules } from "../../src/compile/legalise/legal-rules.ts";
import { type Leaf, lookupTree } from "../../src/compile/legalise/lookup-tree.ts";
import { replyRule } from "../../src/compile/legalise/reply.ts";
import { printable } from "../../src/diagnostics/printable.ts";
import { sha256 } from "../../src/digest.ts";
import type { Family } from "../../src/net/address.ts";
import { capabilities } from "./capabilities.ts";
import { commentText, matchText, treeChain } from "./matches.ts";
import {
  chainName,
  drainPrefix,
  families,
  type Generation,
  type Part,
  pathLengths,
  type RecordAspect,
  setName,
} from "./names.ts";
import type { Chain, Rule } from "./ruleset.ts";

/** Conntrack's word for a packet in the direction of the reply; every other packet is looked up as a request. */
const isReply = "-m conntrack --ctstate ESTABLISHED --ctdir REPLY";

/** The first packet of a TCP connection, and no other. */
const isOpening = "-p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN";

/** Whether these rules let sessions go on that were open when they were armed. */
export const drains = (rules: ConduitRules): rules is ConduitRules & { readonly drain: number } =>
  rules.stage === "enforce" && rules.drain !== undefined;

/**
 * The list of `-m recent` that lets sessions drain, one of its own for each set of rules: arming a trial opens nothing in
 * what is confirmed, and its confirm goes on with the time that is left, for the rules stay the same.
 */
export const drainList = (rules: ConduitRules): string => {
  const texts = familiesOf(rules).flatMap((family) => [
    ...rules.pairs.map(({ left, right }) => `${left.from} ${left.to} ${right.from} ${right.to}`),
    ...rules.permits.flatMap((permit) =>
      leaves(legalPermit(permit, family), "dport").map(({ rule }) => rule),
    ),
  ]);
  const content = [rules.conduit, rules.drain, ...texts].join("\n");
  return `${drainPrefix(rules.conduit)}${sha256(content).slice(0, 8)}`;
};

/**
 * What begins later is dropped with its first packet and never becomes a connection, so "established" means "from before".
 * `-m recent` matches for so many seconds after arming noted the address 0.0.0.0; a file says nothing of that.
 */
function drainRules(rules: ConduitRules): readonly Rule[] {
  if (!drains(rules)) return [];
  const list = drainList(rules);
  return familiesOf(rules).map((family) => ({
    family,
    text:
      `-m conntrack --ctstate ESTABLISHED -m recent --rcheck --seconds ${rules.drain} --name ${list} ` +
      `--mask ${family === 4 ? "0.0.0.0" : "::"} --rsource -j RETURN`,
  }));
}

export const familiesOf = (rules: ConduitRules): readonly Family[] =>
  families.filter((family) => rules.pairs.some((pair) => pair.left.family === family));

/**
 * Chains of one conduit. All are reached by goto, so RETURN gives a packet back to the host's own rules. The stages
 * differ in the verdict of the last rule. Every packet is judged, so a session that was open before is seen at once.
 */
export function conduitChains(rules: ConduitRules, generation: Generation): readonly Chain[] {
  const name = (part: Part): string => chainName(generation, rules.conduit, part);
  const own = familiesOf(rules);
  const draining = drainRules(rules);
  const permitted = own.map((family) => ({
    family,
    permits: rules.permits.map((permit) => legalPermit(permit, family)),
  }));
  const tree = (part: ".p" | ".r", end: Part): readonly Chain[] =>
    merge(
      permitted.flatMap(({ family, permits }) =>
        lookupTree(
          name(part),
          permits.flatMap((permit) => leaves(permit, part === ".p" ? "dport" : "sport")),
          part === ".p" ? ["destination", "source"] : ["source", "destination"],
          name(end),
          pathLengths.permits,
        ).map((chain) => treeChain(chain, family)),
      ),
    );
  const note = (family: Family, aspect: RecordAspect, directions: string): string => {
    const set = setName(generation, rules.conduit, aspect, family);
    return `-m set ! --match-set ${set} ${directions} -j SET --add-set ${set} ${directions}`;
  };
  const toRest: Rule = { text: `-g ${name(".rest")}` };
  return [
    {
      name: name(""),
      heading: `conduit ${rules.conduit}: ${rules.zones.join(" and ")}`,
      rules: [{ text: `${isReply} -g ${name(".r")}` }, { text: `-g ${name(".p")}` }],
    },
    ...headed(tree(".p", ".record"), rules.permits.map(permitHeading)),
    ...headed(tree(".r", ".replied"), ["replies to permitted requests"]),
    {
      name: name(".record"),
      rules: [
        ...draining,
        ...own.flatMap((family) => [
          { family, text: `${isOpening} ${note(family, "opening", "src,dst,dst")}` },
          { family, text: note(family, "request", "src,dst,dst") },
        ]),
        toRest,
      ],
    },
    {
      // A reply is noted under the request that it answers, so one forbidden session is one entry in each set; of ICMP
      // the type is that of the reply.
      name: name(".replied"),
      rules: [
        ...draining,
        ...own.map((family) => ({ family, text: `${isReply} ${note(family, "answer", "dst,src,src")}` })),
        toRest,
      ],
    },
    {
      name: name(".rest"),
      heading: "what no permit admits",
      rules: [
        { text: commentText(`${rules.conduit} record`) },
        {
          text: `${commentText(`${rules.conduit} ${rules.stage}`)} -j ${rules.stage === "enforce" ? "DROP" : "RETURN"}`,
        },
      ],
    },
  ];
}

const headed = ([first, ...others]: readonly Chain[], headings: readonly string[]): readonly Chain[] =>
  first === undefined ? [] : [{ ...first, heading: headings.join("\n# ") }, ...others];

const permitHeading = (permit: PermitRules): string => {
  const file = permit.origin.file.split("/").at(-1);
  return printable(`permit ${permit.permit} (${file}:${permit.origin.line}): ${permit.reason}`);
};

/** Trees of both families have chains of the same names; each tool sees its own rules in them. */
export function merge(chains: readonly Chain[]): readonly Chain[] {
  const byName = new Map<string, Chain>();
  for (const chain of chains) {
    const other = byName.get(chain.name);
    byName.set(chain.name, other ? { ...other, rules: [...other.rules, ...chain.rules] } : chain);
  }
  return [...byName.values()];
}

/** The requests of a permit in one family. */
interface LegalPermit {
  readonly permit: string;
  readonly requests: readonly LegalRule[];
}

const legalPermit = ({ boxes, permit }: PermitRules, family: Family): LegalPermit => ({
  permit,
  requests: legalRules(
    boxes.filter(({ source }) => source.family === family),
    capabilities,
  ),
});

/** The rules of a permit, each with the permit's id, which the counters are read by. */
const leaves = ({ permit, requests }: LegalPermit, side: "dport" | "sport"): readonly Leaf<string>[] =>
  requests.flatMap((request) => {
    const rule = side === "dport" ? request : replyRule(request);
    if (!rule) return [];
    const [[source], [destination]] = [rule.sources, rule.destinations];
    const match = matchText({ source, destination, services: rule.services, side });
    const text = `${match} ${commentText(permit)} -j RETURN`.trimStart();
    return [{ source: source!, destination: destination!, rule: text }];
  });
