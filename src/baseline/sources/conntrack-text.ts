import type { Conversation } from "../conversation.ts";
import { epoch } from "./clock.ts";
import {
  type Connection,
  type ConnectionEvent,
  connectionEvents,
  type Tuple,
  trackedConversation,
} from "./connection.ts";
import { type Drop, ignored, rejected } from "./drop.ts";
import { lineReader, sample } from "./lines.ts";
import { byteOf, count, countOf, drop } from "./record.ts";
import type { ByteReader, Tally } from "./source.ts";

/** A line of any text form: up to the first tuple, the tuples, and the marks between and behind them. */
const linePattern =
  /^(?:\[(?<time>\d+(?:\.\d+)?)\s*\])?\s*(?:\[(?<event>NEW|UPDATE|DESTROY)\])?\s*(?:ipv[46]\s+\d+\s+)?\S+\s+(?<protocol>\d+)\s(?<head>.*?)(?<tuples>\bsrc=.*)$/;

export const isConntrackLine = (line: string): boolean => linePattern.test(line) && / src=.* src=/.test(line);

const noEntry = ignored("not an entry of the connection tracking");
const broken = rejected("not an entry of the connection tracking");

/** Reads what `conntrack -L` and `-E` print (plain, extended, with id and time), and /proc/net/nf_conntrack. */
export function conntrackTextReader(sink: (talk: Conversation) => void, tally: Tally): ByteReader {
  const events = connectionEvents((connection) => {
    const talk = trackedConversation(connection);
    if ("a" in talk) sink(talk);
  });
  const read = (line: string, number: number): Drop | undefined => {
    if (line.trim() === "" || /^conntrack v/.test(line)) return noEntry;
    const entry = parseLine(line);
    if (entry === undefined) return broken;
    const talk = trackedConversation(entry.connection);
    if (entry.event === undefined || !("a" in talk)) {
      count(talk, sink, tally, sample(line, number));
      return undefined;
    }
    events.add(entry.key, entry.connection, entry.event);
    tally.use();
    return undefined;
  };
  const lines = lineReader((line, number) => {
    const reason = read(line, number);
    if (reason !== undefined) drop(reason, tally, sample(line, number));
  });
  return {
    format: "Linux connection tracking",
    unit: "lines",
    push: lines.push,
    end() {
      lines.end();
      events.end();
      return [];
    },
  };
}

interface Entry {
  readonly connection: Connection;
  /** Absent in a listing. */
  readonly event: ConnectionEvent | undefined;
  readonly key: string;
}

function parseLine(line: string): Entry | undefined {
  const groups = linePattern.exec(line)?.groups;
  const [first = [], second = []] = tuplesOf(groups?.tuples ?? "");
  if (groups === undefined || second.length === 0) return undefined;
  const [original, reply] = [new Map(first), new Map(second)];
  const state = /\b[A-Z][A-Z_\d]+\b/.exec(groups.head ?? "")?.[0];
  const time = epoch(groups.time);
  const age = reply.get("delta-time");
  return {
    event: groups.event?.toLowerCase() as ConnectionEvent | undefined,
    // Identifiers are used again, and may be missing: together with the tuple they name a connection.
    key: [groups.protocol, ...first.map(([, value]) => value).slice(0, 4)].join(" "),
    connection: {
      protocol: byteOf(groups.protocol),
      original: tuple(original),
      reply: tuple(reply),
      replied: !line.includes("[UNREPLIED]"),
      refused: state === "CLOSE" && !line.includes("[ASSURED]"),
      opened: state === "SYN_SENT" || state === "SYN_RECV",
      first: groups.event === "DESTROY" && age !== undefined ? time - countOf(age) : time,
      last: time,
    },
  };
}

/** The `name=value` pairs of the original and of the reply direction; each starts with `src`. */
function tuplesOf(text: string): readonly (readonly (readonly [string, string])[])[] {
  const tuples: [string, string][][] = [];
  for (const [, name = "", value = ""] of text.matchAll(/([\w-]+)=(\S+)/g)) {
    if (name === "src") tuples.push([]);
    tuples.at(-1)?.push([name, value]);
  }
  return tuples;
}

const tuple = (values: ReadonlyMap<string, string>): Tuple => ({
  source: values.get("src"),
  destination: values.get("dst"),
  sourcePort: values.get("sport"),
  destinationPort: values.get("dport"),
  icmpType: byteOf(values.get("type")),
  packets: countOf(values.get("packets")),
  bytes: countOf(values.get("bytes")),
});
