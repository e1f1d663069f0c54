import type { Family } from "../../src/net/address.ts";
import {
  type ChainPart,
  drainPart,
  type Generation,
  objectName,
  type PermitMatch,
  type PermitShape,
  permitMatches,
  permitPart,
  permitShapes,
  type RecordAspect,
  type RecordShape,
  recordPart,
  replyPart,
} from "./names.ts";
import { answeredKey, openingKey, replyKey, requestKey } from "./shapes.ts";
import type { ChainObject } from "./statements.ts";

/** Conntrack's word for a packet in the direction of the reply; every other packet is looked up as a request. */
const isReply = "ct state established ct direction reply";
/** The first packet of a TCP connection, and no other. */
const isOpening = "tcp flags syn / fin,syn,rst,ack";
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
    part: (shape: PermitShape, family: Family, match: PermitMatch) => string,
    key: (shape: PermitShape, family: Family) => string,
  ): readonly string[] =>
    families.flatMap((family) =>
      permitMatches.flatMap((match) =>
        permitShapes
          .map((shape) => ({ shape, set: part(shape, family, match) }))
          .filter(({ set }) => present.has(set))
          .map(({ shape, set }) => `${key(shape, family)} @${objectName(generation, conduit, set)} accept`),
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
      rules: recordRules(generation, conduit, families),
    },
    stage("monitor", "accept"),
    stage("enforce", "drop"),
  ];
}

const keyOf: Readonly<Record<RecordAspect, (shape: RecordShape, family: Family) => string>> = {
  record: requestKey,
  answer: answeredKey,
  opening: (_, family) => openingKey(family),
};

/**
 * Notes each packet under the request: a reply among the answers, under the request that it answers (of ICMP with the
 * type of the answer). Where a set is full its rule does not match and the packet goes on; a reply must then not be
 * noted as if it asked.
 */
function recordRules(
  generation: Generation,
  conduit: string,
  families: readonly Family[],
): readonly string[] {
  const note = (aspect: RecordAspect, shape: RecordShape, family: Family): string => {
    const key = keyOf[aspect](shape, family);
    const set = objectName(generation, conduit, recordPart(aspect, shape, family));
    return `update @${set} { ${key} }${aspect === "opening" ? "" : " return"}`;
  };
  const icmp = (family: Family): string => `meta l4proto ${family === 4 ? "icmp" : "icmpv6"}`;
  return [
    ...families.flatMap((family) => [
      `${isReply} ${hasPorts} ${note("answer", "ports", family)}`,
      `${isReply} ${icmp(family)} ${note("answer", "icmp", family)}`,
      `${isReply} ${note("answer", "protocols", family)}`,
    ]),
    `${isReply} return`,
    ...families.flatMap((family) => [
      `${isOpening} ${note("opening", "ports", family)}`,
      `${hasPorts} ${note("record", "ports", family)}`,
      `${icmp(family)} ${note("record", "icmp", family)}`,
      note("record", "protocols", family),
    ]),
  ];
}
