import { SaxesParser } from "saxes";
import type { Conversation } from "../conversation.ts";
import { type Clock, epoch } from "./clock.ts";
import { type Connection, type ConnectionEvent, connections, type Tuple } from "./connection.ts";
import { byteOf, countOf, drop } from "./record.ts";
import { type ByteReader, SourceError, type Tally } from "./source.ts";
import { cutShort } from "./truncated.ts";

/** Values of one `flow` element by their place in it: `original/src`, `independent/state`, `when/hour`. */
type Values = Map<string, string>;

/** Reads what `conntrack -L -o xml` and `conntrack -E -o xml` print. It leaves out the types of ICMP. */
export function conntrackXmlReader(
  sink: (talk: Conversation) => void,
  tally: Tally,
  clock: Clock,
): ByteReader {
  const decoder = new TextDecoder();
  const parser = new SaxesParser();
  const path: string[] = [];
  let values: Values = new Map();
  let text = "";
  let flows = 0;
  let bytes = 0;
  const tracked = connections(sink);
  const take = (): void => {
    flows += 1;
    const reason = tracked.add(
      connectionOf(values, clock),
      values.get("type") as ConnectionEvent | undefined,
    );
    if (reason === undefined) tally.use();
    else drop(reason, tally, `flow ${flows}`);
  };
  parser.on("error", (error) => {
    throw new SourceError(`the XML is broken: ${error.message}; give the whole output of conntrack -o xml`);
  });
  parser.on("opentag", ({ name, attributes }) => {
    text = "";
    path.push(name === "meta" ? String(attributes.direction) : name);
    if (name === "flow")
      values = new Map(attributes.type === undefined ? [] : [["type", String(attributes.type)]]);
    if (name === "layer4") values.set(`${path.at(-2)}/protonum`, String(attributes.protonum));
  });
  parser.on("text", (piece) => {
    text += piece;
  });
  parser.on("closetag", ({ name }) => {
    path.pop();
    const section = path.find((part) => sections.has(part));
    if (section !== undefined) values.set(`${section}/${name}`, text);
    if (name === "flow") take();
  });
  return {
    format: "Linux connection tracking (XML)",
    unit: "records",
    push(chunk) {
      bytes += chunk.length;
      parser.write(decoder.decode(chunk, { stream: true }));
    },
    end() {
      tracked.end();
      // A recording that was stopped lacks the end of the root element, and nothing else.
      return path.length <= 1 ? [] : [cutShort(tally, `flow ${flows + 1}`, bytes, 0)];
    },
  };
}

const sections: ReadonlySet<string> = new Set(["original", "reply", "independent", "when"]);

function connectionOf(values: Values, clock: Clock): Connection {
  const state = values.get("independent/state");
  const { first, last } = lifetimeOf(values, clock);
  return {
    protocol: byteOf(values.get("original/protonum")),
    original: tuple(values, "original"),
    reply: tuple(values, "reply"),
    replied: !values.has("independent/unreplied"),
    refused: state === "CLOSE" && !values.has("independent/assured"),
    opened: state === "SYN_SENT" || state === "SYN_RECV",
    first,
    last,
  };
}

/** The kernel's own times (`-o ktimestamp`) are in nanoseconds since 1970, and closer than those of the events. */
function lifetimeOf(values: Values, clock: Clock): Pick<Connection, "first" | "last"> {
  const [start, stop] = ["start", "stop"].map((name) =>
    epoch(Number(values.get(`independent/${name}`) ?? Number.NaN) / 1e9),
  );
  const age = countOf(values.get("independent/deltatime"));
  if (!Number.isNaN(start)) return { first: start!, last: Number.isNaN(stop) ? start! + age : stop! };
  const time = timeOf(values, clock);
  return { first: values.get("type") === "destroy" ? time - age : time, last: time };
}

const tuple = (values: Values, direction: "original" | "reply"): Tuple => ({
  source: values.get(`${direction}/src`),
  destination: values.get(`${direction}/dst`),
  sourcePort: values.get(`${direction}/sport`),
  destinationPort: values.get(`${direction}/dport`),
  icmpType: byteOf(values.get(`${direction}/type`)),
  packets: countOf(values.get(`${direction}/packets`)),
  bytes: countOf(values.get(`${direction}/bytes`)),
});

/** Events have the local time of the host, without its zone; listings have none. */
function timeOf(values: Values, clock: Clock): number {
  const [year, month, day, hour, minute, second] = ["year", "month", "day", "hour", "min", "sec"].map(
    (part) => values.get(`when/${part}`)?.padStart(2, "0"),
  );
  return year === undefined ? Number.NaN : clock.iso(`${year}-${month}-${day} ${hour}:${minute}:${second}`);
}
