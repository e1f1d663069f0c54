import { AddressError, formatAddress, parseAddress } from "../src/net/address.ts";
import { portProtocols } from "../src/net/protocol.ts";
import type { CommandResult } from "../src/session.ts";
import type { LiveSession, SessionListing } from "../src/target.ts";

/**
 * Shell that prints the timeouts of connection tracking and then its table: by the tool of conntrack-tools where it is
 * installed, else as the kernel shows it under /proc, where it does. Exit 3 where there is neither.
 */
export const sessionsScript = `if command -v conntrack > /dev/null; then echo "@endable"; fi
for file in /proc/sys/net/netfilter/nf_conntrack_*timeout*; do
  if [ -r "$file" ]; then echo "@timeout \${file##*/nf_conntrack_} $(cat "$file")"; fi
done
if command -v conntrack > /dev/null; then conntrack -L -o extended
elif [ -r /proc/net/nf_conntrack ]; then cat /proc/net/nf_conntrack
else exit 3; fi`;

/** Reads what `sessionsScript` printed. A connection that is over and only remembered is not a session. */
export function readSessions({ code, stdout, stderr }: CommandResult): SessionListing {
  if (code === 3) {
    return {
      kind: "not-listed",
      reason: "the host does not show its connections: install the package conntrack (conntrack-tools)",
    };
  }
  if (code !== 0) {
    return { kind: "not-listed", reason: `the host does not list its connections: ${stderr.trim()}` };
  }
  const timeouts = new Map<string, number>();
  const sessions: LiveSession[] = [];
  let unread = 0;
  const lines = stdout.split("\n");
  for (const line of lines) {
    if (line === "" || line === "@endable") continue;
    const [, name, value] = /^@timeout (\w+) (\d+)$/.exec(line) ?? [];
    if (name !== undefined) {
      timeouts.set(name, Number(value));
      continue;
    }
    const entry = readEntry(line, timeouts);
    if (entry === undefined) unread += 1;
    else if (entry !== "over") sessions.push(entry);
  }
  return { kind: "listed", sessions, unread, endable: lines[0] === "@endable" };
}

const entryPattern =
  /^ipv[46]\s+\d+\s+(?<name>\S+)\s+(?<protocol>\d+)\s+(?:(?<left>\d+)\s+)?(?:(?<state>[A-Z][A-Z_\d]*)\s+)?(?<tuples>src=.*)$/;

/** States of TCP in which both ends have said goodbye (tcp_conntrack_names of the kernel). */
const over: ReadonlySet<string> = new Set(["TIME_WAIT", "LAST_ACK", "CLOSE"]);

function readEntry(line: string, timeouts: ReadonlyMap<string, number>): LiveSession | "over" | undefined {
  const groups = entryPattern.exec(line)?.groups;
  const pairs = [...(groups?.tuples ?? "").matchAll(/([\w-]+)=(\S+)/g)].map(
    ([, name, value]) => [name!, value!] as const,
  );
  const second = pairs.findLastIndex(([name]) => name === "src");
  if (groups === undefined || second <= 0) return undefined;
  const [original, reply] = [new Map(pairs.slice(0, second)), new Map(pairs.slice(second))];
  if (over.has(groups.state ?? "")) return "over";
  // A rule sees the destination after its translation and the source before it: each end as the plant knows it.
  const ends = [original.get("src"), reply.get("src")].map(addressOf);
  const [initiator, responder] = ends;
  if (!initiator || !responder || initiator.family !== responder.family) return undefined;
  const protocol = Number(groups.protocol);
  const number = (values: ReadonlyMap<string, string>, name: string): number | undefined =>
    values.has(name) ? Number(values.get(name)) : undefined;
  const answered = !line.includes("[UNREPLIED]");
  const hasPorts = portProtocols.has(protocol);
  const [left, whole] = [Number(groups.left), timeouts.get(timeoutName(groups.name!, groups.state, line))];
  const packets = [...line.matchAll(/\bpackets=(\d+)/g)].map(([, count]) => Number(count));
  const fields = {
    initiatorPort: hasPorts ? number(original, "sport") : undefined,
    port: hasPorts ? number(reply, "sport") : undefined,
    icmpType: number(original, "type"),
    icmpCode: number(original, "code"),
    age: number(reply, "delta-time"),
    idle:
      groups.left === undefined ? undefined : idleOf(left, whole, protocol === 6 ? troubled(timeouts) : 0),
    packets: packets.length === 2 ? packets[0]! + packets[1]! : undefined,
  };
  return {
    ...{ family: initiator.family, initiator: initiator.text, responder: responder.text, protocol, answered },
    ...Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)),
    key: keyOf(protocol, original, reply),
  };
}

/**
 * Seconds since the last packet, which gives an entry its whole time. Other rules may give it another, and so does the kernel where
 * data is not acknowledged or sent again and again (tcp_packet of nf_conntrack_proto_tcp.c): then this is not known.
 */
function idleOf(left: number, whole: number | undefined, shorter: number): number | undefined {
  if (whole === undefined || left > whole) return undefined;
  return shorter < whole && left <= shorter ? undefined : whole - left;
}

/** The longest time that a connection in trouble is given in place of its own. */
const troubled = (timeouts: ReadonlyMap<string, number>): number =>
  Math.max(
    0,
    ...["tcp_timeout_unacknowledged", "tcp_timeout_max_retrans"].map((name) => timeouts.get(name) ?? 0),
  );

function addressOf(text: string | undefined): { readonly family: 4 | 6; readonly text: string } | undefined {
  try {
    const { family, from } = parseAddress(text ?? "");
    return { family, text: formatAddress(family, from) };
  } catch (error) {
    if (error instanceof AddressError) return undefined;
    throw error;
  }
}

/** The setting from which an entry had its time (nf_conntrack-sysctl of the kernel's documentation). */
function timeoutName(protocol: string, state: string | undefined, line: string): string {
  if (state !== undefined) return `${protocol}_timeout_${state.toLowerCase()}`;
  const isStream = (protocol === "udp" || protocol === "gre") && line.includes("[ASSURED]");
  return `${protocol}_timeout${isStream ? "_stream" : ""}`;
}

/** The tuple of the request, and the zone: conntrack knows a connection by these. */
function keyOf(
  protocol: number,
  original: ReadonlyMap<string, string>,
  reply: ReadonlyMap<string, string>,
): string {
  const zone = reply.get("zone") ?? original.get("zone");
  return [
    `protocol=${protocol}`,
    ...tupleNames.flatMap((name) => (original.has(name) ? [`${name}=${original.get(name)}`] : [])),
    ...(zone === undefined ? [] : [`zone=${zone}`]),
  ].join(" ");
}

const tupleNames = ["src", "dst", "sport", "dport", "srckey", "dstkey", "type", "code", "id"] as const;

/**
 * Ends connections, each by its whole tuple on a line of standard input, and says how many there were. A line that is
 * not wholly understood ends nothing.
 */
export const endSessionsScript = `ended=0
while read -r line; do
  family=ipv4
  case $line in *src=*:*) family=ipv6 ;; esac
  set -- -f $family
  for pair in $line; do
    case $pair in
      protocol=*) set -- "$@" -p "\${pair#*=}" ;;
      src=*) set -- "$@" -s "\${pair#*=}" ;;
      dst=*) set -- "$@" -d "\${pair#*=}" ;;
      sport=* | dport=* | srckey=* | dstkey=*) set -- "$@" "--\${pair%%=*}" "\${pair#*=}" ;;
      type=* | code=* | id=*)
        icmp=icmp
        if [ $family = ipv6 ]; then icmp=icmpv6; fi
        set -- "$@" "--$icmp-\${pair%%=*}" "\${pair#*=}" ;;
      zone=*) set -- "$@" -w "\${pair#*=}" ;;
      *) continue 2 ;;
    esac
  done
  if conntrack -D "$@" > /dev/null 2>&1; then ended=$((ended + 1)); fi
done
echo $ended`;

/** The lines that end sessions. @throws {Error} for a key that was not made here. */
export const endLines = (sessions: readonly LiveSession[]): string =>
  sessions.map((session) => `${ownKey(session)}\n`).join("");

/** The same for one connection with ports, to be typed by hand. @throws {Error} for a key that was not made here. */
export function endSessionCommand(session: LiveSession): string {
  const pairs = ownKey(session)
    .split(" ")
    .map((pair) => pair.split("="));
  const words = pairs.map(
    ([name, value]) => `${conntrackFlags[name as keyof typeof conntrackFlags] ?? `--${name}`} ${value}`,
  );
  return ["conntrack -D", ...words].join(" ");
}

const conntrackFlags = { protocol: "-p", src: "-s", dst: "-d", zone: "-w" } as const;

function ownKey({ key }: LiveSession): string {
  if (/^protocol=\d+ src=[\da-f.:]+ dst=[\da-f.:]+(?: [a-z]+=[\da-fx]+)*$/.test(key)) return key;
  throw new Error(`not a connection of this host: ${key}`);
}
