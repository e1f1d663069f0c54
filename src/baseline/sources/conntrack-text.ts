import type { Conversation } from "../conversation.ts";
import { epoch } from "./clock.ts";
import { type Connection, type ConnectionEvent, connections, type Tuple } from "./connection.ts";
import { type Drop, ignored, rejected } from "./drop.ts";
import { lineReader, sample } from "./lines.ts";
import { byteOf, countOf, drop } from "./record.ts";
import type { ByteReader, Tally } from "./source.ts";

/** A line of any text form: up to the first tuple, the tuples, and the marks between and behind them. */
const linePattern =
  /^(?:\[(?<time>\d+(?:\.\d+)?)\s*\])?\s*(?:\[(?<event>NEW|UPDATE|DESTROY)\])?\s*(?:ipv[46]\s+\d+\s+)?\S+\s+(?<protocol>\d+)\s(?<head>.*?)(?<tuples>\bsrc=.*)$/;

export const isConntrackLine = (line: string): boolean => linePattern.test(line) && / src=.* src=/.test(line);

const noEntry = ignored("not an entry of the connection tracking");
const broken = rejected("not an entry of the connection tracking");

/** Reads what `conntrack -L` and `-E` print (plain, extended, with id and time), and /proc/net/nf_conntrack. */
export function conntrackTextReader(sink: (talk: Conversation) => void, tally: Tally): ByteReader {
  const tracked = connections(sink);
  const read = (line: string): Drop | undefined => {
    if (line.trim() === "" || /^conntrack v/.test(line)) return noEntry;
    const entry = parseLine(line);
    return entry === undefined ? broken : tracked.add(entry.connection, entry.event);
  };
  const lines = lineReader((line, number) => {
    const reason = read(line);
    if (reason === undefined) tally.use();
    else drop(reason, tally, sample(line, number));
  });
  return {
    format: "Linux connection tracking",
    unit: "lines",
    push: lines.push,
    end() {
      lines.end();
      tracked.end();
      return [];
    },
  };
}

interface Entry {
  readonly connection: Connection;
  /** Absent in a listing. */
  readonly event: ConnectionEvent | undefined;
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
