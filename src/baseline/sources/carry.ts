import { concatenate } from "./bytes.ts";

/**
 * Reads whole records from the front of `bytes`, which starts at byte `base` of the file. Returns how many bytes it
 * took: the rest comes again, with more behind it. It may take more than there are, to skip what follows.
 */
export type Consume = (bytes: Uint8Array, view: DataView, base: number) => number;

/** Feeds records that may be split over chunks to a reader that wants them whole. */
export interface Carry {
  push(chunk: Uint8Array): void;
  /**
   * Where the first byte that no record took stands in the file, and how many such bytes there are; a negative
   * number of bytes is missing from a stretch that was to be skipped.
   */
  readonly left: { readonly at: number; readonly length: number };
}

export function carry(consume: Consume): Carry {
  let rest = new Uint8Array(0);
  let base = 0;
  let skip = 0;
  return {
    push(chunk) {
      const skipped = Math.min(skip, chunk.length);
      skip -= skipped;
      base += skipped;
      const fresh = chunk.subarray(skipped);
      const bytes = rest.length === 0 ? fresh : concatenate(rest, fresh);
      const taken = consume(bytes, new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), base);
      skip += Math.max(0, taken - bytes.length);
      const used = Math.min(taken, bytes.length);
      base += used;
      rest = bytes.slice(used);
    },
    get left() {
      return { at: base, length: skip > 0 ? -skip : rest.length };
    },
  };
}
