import { protocolNumbers } from "../../net/protocol.ts";
import { type Cursor, i32 } from "./cursor.ts";
import type { Frame } from "./frame.ts";
import { type CapturedPacket, signal } from "./packet.ts";

/** Seconds between the copies of one packet: a switch or router takes far less, a sender that repeats far more. */
const window = 0.005;
/** So many packets are remembered, by their hash. */
const slotBits = 8;
const slots = 1 << slotBits;
/** Words (32 bits) of what follows the IP header: a whole TCP header with its time stamps. */
const transportWords = 8;
/** Words that all copies of a packet share: addresses, protocol, length, identification, offset, transport. */
const sharedWords = 6 + transportWords;
/** Behind them what tells one observation point from another: hop limit, link header. */
const hopLimitAt = sharedWords;
const linkAt = sharedWords + 1;
const stride = sharedWords + 2;

export const copyReason = "seen at a second observation point";

/**
 * Tells packets that one capture holds twice: a mirror port that copies what comes in and what goes out, or a capture on
 * both sides of a router. The copy has other MAC addresses, another tag or hop limit; addresses, length, identification
 * and the first bytes of what it carries (ports, sequence numbers, checksum) are the same.
 */
export interface Copies {
  /** @param cursor stands behind the IP headers. */
  isCopy(frame: Frame, packet: CapturedPacket, cursor: Readonly<Cursor>): boolean;
  /**
   * Of the packet that was looked at last: what its copies share, as 32 bits; 0 where its sender may send packets equal
   * to it.
   */
  readonly mark: number;
}

export function copies(): Copies {
  const times = new Float64Array(slots).fill(Number.NaN);
  const seen = new Int32Array(slots * stride);
  const current = new Int32Array(stride);
  let mark = 0;
  return {
    get mark() {
      return mark;
    },
    isCopy(frame, packet, cursor) {
      mark = 0;
      if (frame.rebuilt) return false;
      const hash = fill(current, packet, cursor);
      const slot = hash >>> (32 - slotBits);
      const isNumbered = hasNumber(packet);
      if (isNumbered) mark = hash;
      current[hopLimitAt] = packet.hopLimit;
      current[linkAt] = isNumbered ? 0 : linkHash(frame, cursor);
      const at = slot * stride;
      if (
        Math.abs(packet.time - times[slot]!) <= window &&
        isEqual(seen, at, current) &&
        (isNumbered || seen[at + hopLimitAt] !== current[hopLimitAt] || seen[at + linkAt] !== current[linkAt])
      ) {
        return true;
      }
      times[slot] = packet.time;
      seen.set(current, at);
      return false;
    },
  };
}

/**
 * Whether its sender does not send a packet equal to it so soon. Of others (an identification of 0, as RFC 6864 allows
 * where nothing may be fragmented; IPv6, whose flow label is that of all packets of a flow) only a copy that came over
 * another link or with another hop limit is told from an original that was sent again.
 */
const hasNumber = ({ family, fragment, identification, protocol, signals }: CapturedPacket): boolean =>
  fragment >= 0 ||
  (family === 4 && identification !== 0) ||
  (protocol === protocolNumbers.tcp && (signals & signal.data) !== 0);

/** Writes down what copies share. Returns its hash: every bit reaches the upper ones, which pick the slot. */
function fill(into: Int32Array, packet: CapturedPacket, { bytes, at, end }: Readonly<Cursor>): number {
  into[0] = packet.source;
  into[1] = packet.destination;
  into[2] = (packet.family << 8) | packet.protocol;
  into[3] = packet.length;
  into[4] = packet.identification;
  into[5] = packet.fragmentOffset;
  for (let word = 0, next = at; word < transportWords; word += 1, next += 4) {
    into[6 + word] = next + 4 <= end ? i32(bytes, next) : lastBytes(bytes, next, end);
  }
  let hash = 0;
  for (let word = 0; word < sharedWords; word += 1) hash = Math.imul(hash ^ into[word]!, 0x85ebca6b);
  return hash;
}

/** What is left of a word at the end of a packet; 0 behind it. */
function lastBytes(bytes: Uint8Array, from: number, end: number): number {
  let word = 0;
  for (let at = from; at < end; at += 1) word = (word << 8) | bytes[at]!;
  return word;
}

/** Of the interface and of all that stands before the IP header. */
function linkHash({ point }: Frame, { bytes, link, ip }: Readonly<Cursor>): number {
  let hash = point;
  for (let at = link; at < ip; at += 1) hash = mix(hash, bytes[at]!);
  return hash;
}

const mix = (hash: number, word: number): number => {
  const mixed = Math.imul(hash ^ word, 0x85ebca6b);
  return mixed ^ (mixed >>> 15);
};

function isEqual(seen: Int32Array, at: number, current: Int32Array): boolean {
  for (let word = 0; word < sharedWords; word += 1) if (seen[at + word] !== current[word]) return false;
  return true;
}
