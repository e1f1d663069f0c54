import type { Box, ConduitRules, PermitRules } from "../../src/compile/ir.ts";
import { printable } from "../../src/diagnostics/printable.ts";
import type { Family } from "../../src/net/address.ts";
import { icmpReplyType } from "../../src/net/protocol.ts";
import { commentText, matchText, type Ports, portLists, type ServiceMatch } from "./matches.ts";
import {
  chainName,
  families,
  type Generation,
  type Part,
  pathLengths,
  type RecordAspect,
  setName,
} from "./names.ts";
import type { Chain, Rule } from "./ruleset.ts";
import { type Leaf, lookupTree } from "./tree.ts";

/** Conntrack's word for a packet in the direction of the reply; every other packet is looked up as a request. */
const isReply = "-m conntrack --ctstate ESTABLISHED --ctdir REPLY";

/** The first packet of a TCP connection, and no other. */
const isOpening = "-p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN";

export const familiesOf = (rules: ConduitRules): readonly Family[] =>
  families.filter((family) => rules.pairs.some((pair) => pair.left.family === family));

/**
 * Chains of one conduit. All are reached by goto, so RETURN gives a packet back to the host's own rules. The stages
 * differ in the verdict of the last rule. Every packet is judged, so a session that was open before is seen at once.
 */
export function conduitChains(rules: ConduitRules, generation: Generation): readonly Chain[] {
  const name = (part: Part): string => chainName(generation, rules.conduit, part);
  const own = familiesOf(rules);
  const tree = (part: ".p" | ".r", end: Part): readonly Chain[] =>
    merge(
      own.flatMap((family) =>
        lookupTree(
          name(part),
          family,
          rules.permits.flatMap((permit) => leaves(permit, family, part === ".p" ? "request" : "reply")),
          part === ".p" ? ["destination", "source"] : ["source", "destination"],
          name(end),
          pathLengths.permits,
        ),
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

/** The rules of a permit in one family, each with the permit's id, which the counters are read by. */
function leaves(permit: PermitRules, family: Family, direction: "request" | "reply"): readonly Leaf[] {
  const found: Leaf[] = [];
  const add = ({ source, destination }: Ends, service: ServiceMatch): void => {
    const ends =
      direction === "request" ? { source, destination } : { source: destination, destination: source };
    const text = `${matchText({ ...ends, service })} ${commentText(permit.permit)} -j RETURN`.trimStart();
    found.push({ ...ends, text });
  };
  const byEnds = new Map<string, { readonly box: Box; readonly protocol: number; readonly ports: Ports[] }>();
  for (const box of permit.boxes) {
    const { source, destination, service } = box;
    if (source.family !== family) continue;
    switch (service.kind) {
      case "ports": {
        const key = [source.from, source.to, destination.from, destination.to, service.protocol].join();
        const known = byEnds.get(key) ?? { box, protocol: service.protocol, ports: [] };
        byEnds.set(key, known);
        known.ports.push(service);
        break;
      }
      case "icmp": {
        const type = direction === "request" ? service.type : icmpReplyType(family, service.type);
        if (type !== undefined) add(box, { ...service, type });
        break;
      }
      default:
        add(box, service);
    }
  }
  const side = direction === "request" ? "dport" : "sport";
  for (const { box, protocol, ports } of byEnds.values()) {
    for (const list of portLists(ports)) add(box, { kind: "ports", protocol, side, ports: list });
  }
  return found;
}

type Ends = Pick<Box, "source" | "destination">;
