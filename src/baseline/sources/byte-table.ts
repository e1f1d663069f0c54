import type { ByteText } from "./plain-line.ts";

/**
 * Numbers texts, given as bytes, in the order of their first appearance: 0, 1, 2… Open addressing over typed arrays, so that
 * a look-up makes neither a text nor an object.
 */
export interface ByteTable {
  /** How many texts have a number. */
  readonly size: number;
  /** The number of a text; -1 where it has none. */
  seek(text: ByteText): number;
  /** Gives a text that has no number the next one. */
  add(text: ByteText): number;
}

export function byteTable(): ByteTable {
  /** All texts, one behind the other; where each begins, and its hash. */
  let texts = new Uint8Array(1 << 16);
  const starts: number[] = [0];
  const hashes: number[] = [];
  // Slots hold numbers plus one, and are never more than half full.
  let slots = new Int32Array(2048);

  const slotOf = (hash: number): number => (hash ^ (hash >>> 15)) & (slots.length - 1);
  const insert = (number: number): void => {
    let slot = slotOf(hashes[number]!);
    while (slots[slot] !== 0) slot = (slot + 1) & (slots.length - 1);
    slots[slot] = number + 1;
  };
  const isText = (number: number, { bytes, length, hash }: ByteText): boolean => {
    const [all, start] = [texts, starts[number]!];
    if (hashes[number] !== hash || starts[number + 1]! - start !== length) return false;
    for (let at = 0; at < length; at += 1) if (all[start + at] !== bytes[at]) return false;
    return true;
  };
  return {
    get size() {
      return hashes.length;
    },
    seek(text) {
      for (let slot = slotOf(text.hash); ; slot = (slot + 1) & (slots.length - 1)) {
        const number = slots[slot]! - 1;
        if (number < 0 || isText(number, text)) return number;
      }
    },
    add({ bytes, length, hash }) {
      const number = hashes.length;
      const start = starts[number]!;
      if (start + length > texts.length) texts = grown(texts, start + length);
      texts.set(bytes.subarray(0, length), start);
      starts.push(start + length);
      hashes.push(hash);
      if (2 * hashes.length > slots.length) {
        slots = new Int32Array(2 * slots.length);
        for (let other = 0; other < number; other += 1) insert(other);
      }
      insert(number);
      return number;
    },
  };
}

function grown(bytes: Uint8Array<ArrayBuffer>, least: number): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(Math.max(least, 2 * bytes.length));
  larger.set(bytes);
  return larger;
}
