/** A place in a captured frame. Headers move `at` forwards; one object is reused for all frames. */
export interface Cursor {
  bytes: Uint8Array;
  at: number;
  /** Where the IP header starts, once the link header is read. */
  ip: number;
  /** Where the captured bytes end. */
  end: number;
  /** Where the bytes on the wire would end: at least `end`. */
  wireEnd: number;
  /** The link layer addressed everybody. */
  broadcast: boolean;
}

export const u16 = (bytes: Uint8Array, at: number): number => (bytes[at]! << 8) | bytes[at + 1]!;

export const i32 = (bytes: Uint8Array, at: number): number =>
  (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
