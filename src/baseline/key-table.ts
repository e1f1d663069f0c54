/**
 * Numbers keys of four 32-bit words in the order of their first appearance: 0, 1, 2…
 * Open addressing over typed arrays: a look-up allocates nothing, which a JavaScript Map with composed keys would,
 * for each packet.
 */
export interface KeyTable {
  readonly size: number;
  /** The number of a key; a new key gets the next one. */
  find(k0: number, k1: number, k2: number, k3: number): number;
  /** The number of a key; -1 where it has none. */
  seek(k0: number, k1: number, k2: number, k3: number): number;
  /** Word `word` (0 to 3) of the key with this number. */
  word(number: number, word: number): number;
}

export function keyTable(): KeyTable {
  let capacity = 1024;
  let size = 0;
  let keys = new Int32Array(capacity * 4);
  // Slots hold key numbers plus one, and are never more than half full.
  let slots = new Int32Array(capacity * 2);

  const insert = (hashed: number, number: number): void => {
    const mask = slots.length - 1;
    let slot = hashed & mask;
    while (slots[slot] !== 0) slot = (slot + 1) & mask;
    slots[slot] = number + 1;
  };
  const grow = (): void => {
    capacity *= 2;
    const old = keys;
    keys = new Int32Array(capacity * 4);
    keys.set(old);
    slots = new Int32Array(capacity * 2);
    for (let number = 0; number < size; number += 1) {
      const at = number * 4;
      insert(hash(keys[at]!, keys[at + 1]!, keys[at + 2]!, keys[at + 3]!), number);
    }
  };

  const seek = (hashed: number, k0: number, k1: number, k2: number, k3: number): number => {
    const mask = slots.length - 1;
    for (let slot = hashed & mask; ; slot = (slot + 1) & mask) {
      const number = slots[slot]! - 1;
      if (number < 0) return number;
      const at = number * 4;
      if (keys[at] === k0 && keys[at + 1] === k1 && keys[at + 2] === k2 && keys[at + 3] === k3) return number;
    }
  };

  return {
    get size() {
      return size;
    },
    find(k0, k1, k2, k3) {
      const hashed = hash(k0, k1, k2, k3);
      const known = seek(hashed, k0, k1, k2, k3);
      if (known >= 0) return known;
      if (size === capacity) grow();
      keys.set([k0, k1, k2, k3], size * 4);
      insert(hashed, size);
      size += 1;
      return size - 1;
    },
    seek: (k0, k1, k2, k3) => seek(hash(k0, k1, k2, k3), k0, k1, k2, k3),
    word: (number, word) => keys[number * 4 + word]!,
  };
}

/** Multiply and fold (after MurmurHash3's finaliser): every input bit reaches the low bits that pick the slot. */
function hash(k0: number, k1: number, k2: number, k3: number): number {
  let h = Math.imul(k0 ^ (k0 >>> 15), 0x85ebca6b) ^ Math.imul(k1 ^ (k1 >>> 13), 0xc2b2ae35);
  h = Math.imul(h ^ (h >>> 16) ^ k2, 0x27d4eb2f) ^ Math.imul(k3, 0x165667b1);
  h = Math.imul(h ^ (h >>> 15), 0x85ebca6b);
  return h ^ (h >>> 13);
}
