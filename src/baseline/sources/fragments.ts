import type { Conversation, Party } from "../conversation.ts";
import type { CapturedPacket } from "./packet.ts";

/** Seconds after which the parts of a packet no longer belong together (Linux's ipfrag_time). */
const lifetime = 30;
/** How many fragmented packets are remembered: more than any host reassembles at once. */
const remembered = 4096;

interface Whole {
  readonly talk: Conversation;
  readonly sender: Party;
  readonly time: number;
}

/** Remembers to which conversation the first fragment of a packet went: later ones carry no ports. */
export interface Fragments {
  remember(packet: CapturedPacket, talk: Conversation, sender: Party): void;
  find(packet: CapturedPacket): Whole | undefined;
}

export function fragments(): Fragments {
  const wholes = new Map<string, Whole>();
  return {
    remember(packet, talk, sender) {
      const key = keyOf(packet);
      wholes.delete(key);
      wholes.set(key, { talk, sender, time: packet.time });
      if (wholes.size > remembered) wholes.delete(wholes.keys().next().value!);
    },
    find(packet) {
      const whole = wholes.get(keyOf(packet));
      return whole !== undefined && Math.abs(packet.time - whole.time) > lifetime ? undefined : whole;
    },
  };
}

/** RFC 791, RFC 8200: source, destination and identification; IPv4 also the protocol. */
const keyOf = ({ family, source, destination, protocol, fragment }: CapturedPacket): string =>
  `${family} ${source} ${destination} ${family === 4 ? protocol : ""} ${fragment}`;
