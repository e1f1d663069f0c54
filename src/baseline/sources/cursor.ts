/** A place in a captured frame. Headers move `at` forwards; one object is reused for all frames. */
export interface Cursor {
  bytes: Uint8Array;
  at: number;
  /** Where the link header starts: of the frame itself, or of the mirrored one in it. */
  link: number;
  /** Where the IP header starts, once the link header is read. */
  ip: number;
  /** Where the captured bytes end. */
  end: number;
  /** Where the bytes on the wire would end: at least `end`. */
  wireEnd: number;
  /** The link layer addressed everybody. */
  broadcast: boolean;
  /** Where the sender's card stands; -1 where the link layer names none. */
  card: number;
  /** Its VLAN, as `packVlan` writes it; 0 for none. */
  vlan: number;
  /** The EtherType of what follows the link header, below 0x0600 a length; -1 where the link header has none. */
  type: number;
}

/** A cursor before its first frame. */
export const emptyCursor = (): Cursor => ({
  ...{ bytes: new Uint8Array(0), at: 0, link: 0, ip: 0, end: 0, wireEnd: 0 },
  ...{ broadcast: false, card: -1, vlan: 0, type: -1 },
});

/** The card at a place, as 48 bits; -1 for all zeros, which no card has, and where there is no place. */
export const cardAt = (bytes: Uint8Array, at: number): number =>
  at < 0 ? -1 : (i32(bytes, at) >>> 0) * 0x1_0000 + u16(bytes, at + 4) || -1;

export const u16 = (bytes: Uint8Array, at: number): number => (bytes[at]! << 8) | bytes[at + 1]!;

export const i32 = (bytes: Uint8Array, at: number): number =>
  (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
