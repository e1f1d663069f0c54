import type { Conversation } from "../conversation.ts";
import { type Clock, epoch } from "./clock.ts";
import { type Connection, type ConnectionEvent, connections, type Tuple } from "./connection.ts";
import { type Drop, ignored, rejected } from "./drop.ts";
import { lineReader } from "./lines.ts";
import { byteOf, countOf } from "./record.ts";
import type { ByteReader, Tally } from "./source.ts";

/** A line of any text form: up to the first tuple, the tuples, and the marks between and behind them. */
const linePattern =
  /^(?:\[(?<time>\d+(?:\.\d+)?)\s*\])?\s*(?:\[(?<event>NEW|UPDATE|DESTROY)\])?\s*(?:ipv[46]\s+\d+\s+)?\S+\s+(?<protocol>\d+)\s(?<head>.*?)(?<tuples>\bsrc=.*)$/;

export const isConntrackLine = (line: string): boolean => linePattern.test(line) && / src=.* src=/.test(line);

const noEntry = ignored("not an entry of the connection tracking");
const broken = rejected("not an entry of the connection tracking");

/** Reads what `conntrack -L` and `-E` print (plain, extended, with id and times), and /proc/net/nf_conntrack. */
export function conntrackTextReader(
  sink: (talk: Conversation) => void,
  tally: Tally,
  clock: Clock,
): ByteReader {
  const tracked = connections(sink);
  const read = (line: string): Drop | undefined => {
    if (line.trim() === "" || /^conntrack v/.test(line)) return noEntry;
    const entry = parseLine(line, clock);
    return entry === undefined ? broken : tracked.add(entry.connection, entry.event);
  };
  const lines = lineReader("Linux connection tracking", tally, (line) => {
    const reason = read(line);
    if (reason === undefined) tally.use();
    return reason;
  });
  return {
    ...lines,
    end() {
      const warnings = lines.end();
      tracked.end();
      return warnings;
    },
  };
}

interface Entry {
  readonly connection: Connection;
  /** Absent in a listing. */
  readonly event: ConnectionEvent | undefined;
}

function parseLine(line: string, clock: Clock): Entry | undefined {
  const groups = linePattern.exec(line)?.groups;
  const [first = [], second = []] = tuplesOf(groups?.tuples ?? "");
  const [original, reply] = [new Map(first), new Map(second)];
  // The last value that is needed has another one behind it: else the line may have been cut within it.
  if (groups === undefined || !reply.has(reply.has("sport") ? "dport" : "dst")) return undefined;
  if (original.has("sport") && !reply.has("sport")) return undefined;
  const state = /\b[A-Z][A-Z_\d]+\b/.exec(groups.head ?? "")?.[0];
  return {
    event: groups.event?.toLowerCase() as ConnectionEvent | undefined,
    connection: {
      protocol: byteOf(groups.protocol),
      original: tuple(original),
      reply: tuple(reply),
      replied: !line.includes("[UNREPLIED]"),
      refused: state === "CLOSE" && !line.includes("[ASSURED]"),
      opened: state === "SYN_SENT" || state === "SYN_RECV",
      ...lifetimeOf(line, epoch(groups.time), groups.event === "DESTROY", reply.get("delta-time"), clock),
    },
  };
}

/**
 * When a connection began and was last there. A time in front (`-o timestamp`) is that of the event; the kernel's own
 * (`-o ktimestamp`, of listings too) is local time without its zone.
 * @param age of the connection, in whole seconds.
 */
function lifetimeOf(
  line: string,
  time: number,
  isOver: boolean,
  age: string | undefined,
  clock: Clock,
): Pick<Connection, "first" | "last"> {
  if (!Number.isNaN(time)) return { first: isOver ? time - countOf(age) : time, last: time };
  const [start, stop] = [startPattern, stopPattern].map((pattern) => {
    const [, month, day, hour, year] = pattern.exec(line) ?? [];
    return year === undefined ? Number.NaN : clock.calendar(month!, day!, hour!, year);
  });
  return { first: start!, last: Number.isNaN(stop) ? start! + countOf(age) : stop! };
}
const startPattern = /\[start=[A-Z][a-z]{2} ([A-Z][a-z]{2}) +(\d+) (\d\d:\d\d:\d\d) (\d{4})\]/;
const stopPattern = /\[stop=[A-Z][a-z]{2} ([A-Z][a-z]{2}) +(\d+) (\d\d:\d\d:\d\d) (\d{4})\]/;

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
