import { icmpProtocol, protocolNumbers } from "../../net/protocol.ts";
import type { Conversation } from "../conversation.ts";
import type { Drop } from "./drop.ts";
import { conversationOf, type Figures, type FlowRecord, isRefusedByCount, untoldIcmpType } from "./record.ts";

/** One direction of a connection as the kernel tracks it. */
export interface Tuple extends Figures {
  readonly source: string | undefined;
  readonly destination: string | undefined;
  readonly sourcePort: string | undefined;
  readonly destinationPort: string | undefined;
  readonly icmpType: number | undefined;
}

/** What one entry or event of Linux's connection tracking says. */
export interface Connection {
  readonly protocol: number | undefined;
  readonly original: Tuple;
  readonly reply: Tuple;
  /** A packet in the reply direction was seen. */
  readonly replied: boolean;
  /** The only answer was a refusal. */
  readonly refused: boolean;
  /** The SYN of a TCP connection was seen by the kernel. */
  readonly opened: boolean;
  /** Seconds since 1970, or NaN. */
  readonly first: number;
  readonly last: number;
}

/**
 * A tracked connection as the filter of a forwarding host sees it: from the original source, behind destination NAT,
 * before source NAT. So its responder is the source of the reply, which differs from the original destination under
 * destination NAT.
 */
function trackedConversation({ original, reply, protocol, ...connection }: Connection): Conversation | Drop {
  const family = original.source?.includes(":") === true ? 6 : 4;
  if (protocol === icmpProtocol(family) && original.icmpType === undefined) return untoldIcmpType;
  const refused =
    connection.refused || (protocol === protocolNumbers.tcp && isRefusedByCount(family, original, reply));
  return conversationOf({
    source: original.source,
    destination: reply.source ?? original.destination,
    protocol,
    sourcePort: original.sourcePort,
    destinationPort: reply.sourcePort ?? original.destinationPort,
    icmpType: original.icmpType,
    // An end without its beginning, where only ends are logged and the kernel keeps no times.
    first: Number.isNaN(connection.first) ? connection.last : connection.first,
    last: connection.last,
    sent: { packets: original.packets, bytes: original.bytes },
    received: { packets: reply.packets, bytes: reply.bytes },
    spoke: { source: true, destination: connection.replied && !refused },
    ...openerOf(connection.opened),
  });
}

const openerOf = (opened: boolean): Pick<FlowRecord, "opener"> =>
  opened ? { opener: { end: "source", by: "syn" } } : {};

export type ConnectionEvent = "new" | "update" | "destroy";

/** Takes entries of a listing, and brings the events of each connection together into one. */
export interface Connections {
  /** @param event absent for an entry of a listing. Returns why the connection gives no flow, if so. */
  add(connection: Connection, event: ConnectionEvent | undefined): Drop | undefined;
  /** No more follow: hands on what is open. */
  end(): void;
}

/** So many connections may be open at once; beyond, the oldest is handed on as it stands. */
const mostOpen = 1 << 17;

export function connections(sink: (talk: Conversation) => void): Connections {
  const open = new Map<string, Connection>();
  const done = (connection: Connection): Drop | undefined => {
    const talk = trackedConversation(connection);
    if (!("a" in talk)) return talk;
    sink(talk);
    return undefined;
  };
  return {
    add(connection, event) {
      if (event === undefined) return done(connection);
      const talk = trackedConversation(connection);
      if (!("a" in talk)) return talk;
      const key = keyOf(connection);
      const before = open.get(key);
      open.delete(key);
      if (before !== undefined && event === "new") done(before);
      const whole = before === undefined || event === "new" ? connection : merged(before, connection);
      if (event === "destroy") return done(whole);
      open.set(key, whole);
      if (open.size > mostOpen) {
        const [oldest, state] = open.entries().next().value!;
        open.delete(oldest);
        done(state);
      }
      return undefined;
    },
    end() {
      for (const connection of open.values()) done(connection);
      open.clear();
    },
  };
}

/** The kernel's identifiers are used again, and may be left out: the original tuple names a connection while it lasts. */
const keyOf = ({ protocol, original }: Connection): string =>
  [protocol, original.source, original.destination, original.sourcePort, original.destinationPort].join(" ");

const merged = (before: Connection, after: Connection): Connection => ({
  ...after,
  original: larger(before.original, after.original),
  reply: larger(before.reply, after.reply),
  refused: before.refused || after.refused,
  opened: before.opened || after.opened,
  first: Number.isNaN(before.first) ? after.first : before.first,
  last: Number.isNaN(after.last) ? before.last : after.last,
});

/** Counters only grow, and most events carry none. */
const larger = (before: Tuple, after: Tuple): Tuple => (after.packets >= before.packets ? after : before);
