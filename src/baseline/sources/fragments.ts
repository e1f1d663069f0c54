import type { Conversation, Party } from "../conversation.ts";
import type { CapturedPacket } from "./packet.ts";
import type { Tally } from "./source.ts";

/** Seconds after which the parts of a packet no longer belong together (Linux's ipfrag_time). */
const lifetime = 30;
/** How many fragmented packets are remembered, and how many wait: more than any host reassembles at once. */
const remembered = 4096;

interface Whole {
  readonly talk: Conversation;
  readonly sender: Party;
  readonly time: number;
}

/** Parts of one packet that came before its first one, as the last of them does from some senders. Times in seconds. */
export interface EarlyParts {
  /** Of the capture in which they came. */
  readonly tally: Tally;
  readonly first: number;
  last: number;
  packets: number;
  bytes: number;
}

/** Remembers to which conversation the first fragment of a packet went: later ones carry no ports. */
export interface Fragments {
  /** Returns the parts that came before it, so that they can be counted there. */
  remember(packet: CapturedPacket, talk: Conversation, sender: Party): EarlyParts | undefined;
  find(packet: CapturedPacket): Whole | undefined;
  /** A part whose first one has not come yet. */
  wait(packet: CapturedPacket, tally: Tally): void;
}

export function fragments(): Fragments {
  const wholes = new Map<string, Whole>();
  const waiting = new Map<string, EarlyParts>();
  return {
    remember(packet, talk, sender) {
      const key = keyOf(packet);
      keep(wholes, key, { talk, sender, time: packet.time });
      const early = waiting.get(key);
      waiting.delete(key);
      return early !== undefined && isFar(packet, early.last) ? undefined : early;
    },
    find(packet) {
      const whole = wholes.get(keyOf(packet));
      return whole !== undefined && isFar(packet, whole.time) ? undefined : whole;
    },
    wait(packet, tally) {
      const key = keyOf(packet);
      const before = waiting.get(key);
      if (before === undefined || before.tally !== tally || isFar(packet, before.last)) {
        const { time } = packet;
        keep(waiting, key, { tally, first: time, last: time, packets: 1, bytes: packet.length });
        return;
      }
      before.last = packet.time;
      before.packets += 1;
      before.bytes += packet.length;
    },
  };
}

const isFar = ({ time }: CapturedPacket, other: number): boolean => Math.abs(time - other) > lifetime;

/** Beyond the bound, what came first is forgotten. */
function keep<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key);
  map.set(key, value);
  if (map.size > remembered) map.delete(map.keys().next().value!);
}

/** RFC 791, RFC 8200: source, destination and identification; IPv4 also the protocol. */
const keyOf = ({ family, source, destination, protocol, fragment }: CapturedPacket): string =>
  `${family} ${source} ${destination} ${family === 4 ? protocol : ""} ${fragment}`;
