import type { Family } from "../../src/net/address.ts";
import {
  type ChainPart,
  drainPart,
  type Generation,
  objectName,
  type PermitShape,
  permitPart,
  permitShapes,
  recordPart,
  replyPart,
} from "./names.ts";
import { answeredKey, replyKey, requestKey } from "./shapes.ts";
import type { ChainObject } from "./statements.ts";

/** Conntrack's word for a packet in the direction of the reply; every other packet is looked up as a request. */
const isReply = "ct state established ct direction reply";
/** The protocols whose header starts with ports: `th dport` of any other packet would read something else. */
const hasPorts = "meta l4proto { tcp, udp, dccp, sctp, udplite }";

/**
 * Chains of one conduit. `permitted` accepts, `record` notes, and the two stages differ in their last word only.
 * Every packet is judged, so a session that was open before is seen, and cut, at once.
 * @param present says which permit sets the conduit has, by the name of their part.
 * @param drains says that enforcement lets sessions go on that were open when it was armed. What begins later is dropped
 * with its first packet and never becomes a connection, so "established" means "from before".
 */
export function conduitChains(
  generation: Generation,
  conduit: string,
  families: readonly Family[],
  present: ReadonlySet<string>,
  drains: boolean,
): readonly ChainObject[] {
  const name = (part: ChainPart): string => objectName(generation, conduit, part);
  const accepts = (
    part: (shape: PermitShape, family: Family) => string,
    key: (shape: PermitShape, family: Family) => string,
  ): readonly string[] =>
    families.flatMap((family) =>
      permitShapes
        .filter((shape) => present.has(part(shape, family)))
        .map(
          (shape) => `${key(shape, family)} @${objectName(generation, conduit, part(shape, family))} accept`,
        ),
    );
  const stage = (part: "monitor" | "enforce", verdict: string): ChainObject => ({
    kind: "chain",
    name: name(part),
    rules: [
      `jump ${name("permitted")}`,
      ...(drains && part === "enforce"
        ? [`ct state established meta nfproto @${objectName(generation, conduit, drainPart)} accept`]
        : []),
      `jump ${name("record")}`,
      `counter ${verdict} comment "${conduit} ${part}"`,
    ],
  });
  return [
    { kind: "chain", name: name("replies"), rules: accepts(replyPart, replyKey) },
    {
      kind: "chain",
      name: name("permitted"),
      rules: [`${isReply} goto ${name("replies")}`, ...accepts(permitPart, requestKey)],
    },
    {
      kind: "chain",
      name: name("record"),
      rules: families.flatMap((family) => recordRules(generation, conduit, family)),
    },
    stage("monitor", "accept"),
    stage("enforce", "drop"),
  ];
}

/**
 * Notes the request: a reply is noted under the request that it answers, so one forbidden session is one entry.
 * (An ICMP reply keeps its own type; its request was noted when it passed.)
 */
function recordRules(generation: Generation, conduit: string, family: Family): readonly string[] {
  const set = (shape: "ports" | "icmp" | "protocols"): string =>
    `@${objectName(generation, conduit, recordPart(shape, family))}`;
  const icmp = family === 4 ? "icmp" : "icmpv6";
  return [
    `${isReply} ${hasPorts} update ${set("ports")} { ${answeredKey("ports", family)} } return`,
    `${hasPorts} update ${set("ports")} { ${requestKey("ports", family)} } return`,
    `meta l4proto ${icmp} update ${set("icmp")} { ${requestKey("icmp", family)} } return`,
    `${isReply} update ${set("protocols")} { ${answeredKey("protocols", family)} } return`,
    `update ${set("protocols")} { ${requestKey("protocols", family)} } return`,
  ];
}
