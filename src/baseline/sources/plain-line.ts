/** How a column of a line is read: as text that tells lines apart, or as a number, by the place of its value. */
export type PlainColumn =
  | { readonly kind: "skip" }
  | { readonly kind: "text" }
  | { readonly kind: "whole" | "seconds"; readonly value: number };

/**
 * Reads lines of columns, from bytes, that are written as nearly all are: numbers in plain decimal digits, or unset. It makes
 * neither texts nor objects, since logs have many millions of lines.
 */
export interface PlainLines {
  /** Of the line that was read last: its numbers, those in seconds as microseconds; -1 where one is unset. */
  readonly values: Float64Array;
  /** Of the line that was read last: what stands in its text columns, one behind the other. */
  readonly text: ByteText;
  /** Whether the line from `start` on, whose line feed stands at `end`, is such a line. */
  read(bytes: Uint8Array, start: number, end: number): boolean;
}

/** A text as the first bytes of a buffer, with their hash. */
export interface ByteText {
  bytes: Uint8Array;
  length: number;
  hash: number;
}

const [skip, text, whole, seconds] = [0, 1, 2, 3];
const kinds = { skip, text, whole, seconds } as const;
const [zero, nine, point, lineFeed, partEnd] = [48, 57, 46, 10, 0xff];
/** So many digits fit into a double, but for the largest such numbers. */
const mostDigits = 16;
const microseconds = [1, 10, 100, 1000, 10_000, 100_000, 1_000_000];

/** @param markers what stands for a value that is unset. */
export function plainLines(
  columns: readonly PlainColumn[],
  separator: number,
  markers: readonly Uint8Array[],
): PlainLines {
  const kindOf = Uint8Array.from(columns, ({ kind }) => kinds[kind]);
  const placeOf = Uint8Array.from(columns, (column) => ("value" in column ? column.value : 0));
  const values = new Float64Array(columns.length);
  const key: ByteText = { bytes: new Uint8Array(256), length: 0, hash: 0 };
  return {
    values,
    text: key,
    read(bytes, start, end) {
      if (key.bytes.length < end - start + columns.length)
        key.bytes = new Uint8Array(2 * (end - start + columns.length));
      const into = key.bytes;
      const last = kindOf.length - 1;
      let [at, length, hash] = [start, 0, 0];
      for (let column = 0; column <= last; column += 1) {
        const kind = kindOf[column]!;
        let byte = bytes[at]!;
        if (kind === skip) {
          while (byte !== separator && byte !== lineFeed) byte = bytes[++at]!;
        } else if (kind === text) {
          for (; byte !== separator && byte !== lineFeed; byte = bytes[++at]!) {
            into[length++] = byte;
            hash = Math.imul(hash ^ byte, 0x01000193);
          }
          // What follows is another part: "1" and "23" are not "12" and "3".
          into[length++] = partEnd;
          hash = Math.imul(hash ^ partEnd, 0x01000193);
        } else {
          const from = at;
          let number = 0;
          for (; byte >= zero && byte <= nine; byte = bytes[++at]!) number = 10 * number + byte - zero;
          if (kind === seconds) {
            let missing = 6;
            if (byte === point && at > from) {
              byte = bytes[++at]!;
              for (; byte >= zero && byte <= nine && missing > 0; byte = bytes[++at]!) {
                number = 10 * number + byte - zero;
                missing -= 1;
              }
            }
            number *= microseconds[missing]!;
          }
          if (at === from || (byte !== separator && byte !== lineFeed)) {
            at = from + lengthOfMarker(markers, bytes, from, separator);
            if (at === from) return false;
            byte = bytes[at]!;
            number = -1;
          }
          if (at - from > mostDigits + 1 || number > Number.MAX_SAFE_INTEGER) return false;
          values[placeOf[column]!] = number;
        }
        if ((byte === lineFeed) !== (column === last)) return false;
        at += 1;
      }
      key.length = length;
      key.hash = hash;
      return true;
    },
  };
}

/** How many bytes the marker takes that stands from a place to the end of the column; 0 where none does. */
function lengthOfMarker(
  markers: readonly Uint8Array[],
  bytes: Uint8Array,
  from: number,
  separator: number,
): number {
  const found = markers.find((marker) => {
    const after = bytes[from + marker.length];
    return (
      (after === separator || after === lineFeed) && marker.every((byte, at) => bytes[from + at] === byte)
    );
  });
  return found?.length ?? 0;
}
