/** A table from two small integers to one: open addressing over flat arrays, several times faster than a Map of keys. */
export interface PairTable {
  /** The value, or -1. */
  get(a: number, b: number): number;
  set(a: number, b: number, value: number): void;
}

export function createPairTable(): PairTable {
  let mask = 1023;
  let size = 0;
  let entries = new Int32Array(3 * (mask + 1)).fill(-1);

  /** Where the pair is, or where it would go. */
  const slot = (a: number, b: number): number => {
    let at = (Math.imul(a, 0x9e3779b1) ^ Math.imul(b, 0x85ebca6b)) >>> 0;
    at = (at ^ (at >>> 15)) & mask;
    while (entries[3 * at] !== -1 && (entries[3 * at] !== a || entries[3 * at + 1] !== b))
      at = (at + 1) & mask;
    return 3 * at;
  };
  const write = (at: number, a: number, b: number, value: number): void => {
    entries[at] = a;
    entries[at + 1] = b;
    entries[at + 2] = value;
  };
  const grow = (): void => {
    const old = entries;
    mask = 2 * mask + 1;
    entries = new Int32Array(3 * (mask + 1)).fill(-1);
    for (let at = 0; at < old.length; at += 3) {
      if (old[at] !== -1) write(slot(old[at]!, old[at + 1]!), old[at]!, old[at + 1]!, old[at + 2]!);
    }
  };
  return {
    get(a, b) {
      return entries[slot(a, b) + 2]!;
    },
    set(a, b, value) {
      const at = slot(a, b);
      if (entries[at] === -1) size += 1;
      write(at, a, b, value);
      if (2 * size > mask) grow();
    },
  };
}
