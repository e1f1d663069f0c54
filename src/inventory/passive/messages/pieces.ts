/** Longest whole that is put together, in bytes, and how many may be on their way at once. */
const longest = 65_536;
const mostOpen = 256;

/** Puts messages together that come in pieces, in order; the oldest that never end are forgotten. */
export interface Pieces {
  has(key: string): boolean;
  /**
   * The whole, with its last piece; undefined before, and where its first one was not seen.
   * @param key of the message, the same for all of its pieces.
   * @param place whether the piece may be the first one, and whether it is the last.
   */
  add(
    key: string,
    piece: Buffer,
    place: { readonly isFirst: boolean; readonly isLast: boolean },
  ): Buffer | undefined;
}

export function pieces(): Pieces {
  const open = new Map<string, Buffer>();
  return {
    has: (key) => open.has(key),
    add(key, piece, { isFirst, isLast }) {
      const before = isFirst ? undefined : open.get(key);
      if (before === undefined && !isFirst) return undefined;
      open.delete(key);
      const whole = before === undefined ? piece : Buffer.concat([before, piece]);
      if (isLast || whole.length > longest) return isLast ? whole : undefined;
      if (open.size >= mostOpen) open.delete(open.keys().next().value!);
      // The capture's buffer is used again: what waits needs a copy.
      open.set(key, before === undefined ? Buffer.from(piece) : whole);
      return undefined;
    },
  };
}
