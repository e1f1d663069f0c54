/** What the bytes of a log tell before any engine reads them: the count that every engine has to arrive at. */
export interface LineScan {
  push(piece: Uint8Array): void;
  /** The last line may lack its end. */
  end(): LineCount;
}

export interface LineCount {
  readonly lines: number;
  readonly empty: number;
  /** Lines that start with `#`, by their number from 1. */
  readonly comments: readonly (readonly [number: number, text: string])[];
  /** Some lines end in CR LF. */
  readonly windowsEnds: boolean;
  /** How often the separator stands in the file, comments included. */
  readonly separators: number;
}

const [lineFeed, carriageReturn, hash] = [10, 13, 35];

/** @param separator one character of ASCII. */
export function lineScan(separator: string): LineScan {
  const separators = byteCount(separator.charCodeAt(0));
  const decoder = new TextDecoder();
  const comments: [number, string][] = [];
  let [lines, empty, windowsEnds] = [0, 0, false];
  /** What stands before the piece: nothing of a line, a part of a comment, or a part of another line. */
  let state: "start" | "comment" | "line" = "start";
  let comment = "";
  let lastByte = lineFeed;
  const close = (text: string): void => {
    comments.push([lines, comment + text]);
    comment = "";
  };
  return {
    push(piece) {
      const bytes = Buffer.from(piece.buffer, piece.byteOffset, piece.length);
      separators.push(bytes);
      let start = 0;
      for (let end = bytes.indexOf(lineFeed); end >= 0; end = bytes.indexOf(lineFeed, start)) {
        lines += 1;
        if (state === "start" && end === start) empty += 1;
        else if (state === "comment" || (state === "start" && bytes[start] === hash))
          close(decoder.decode(bytes.subarray(start, end)));
        if ((end === 0 ? lastByte : bytes[end - 1]) === carriageReturn) windowsEnds = true;
        state = "start";
        start = end + 1;
      }
      if (start === bytes.length) return;
      lastByte = bytes[bytes.length - 1]!;
      if (state === "start") state = bytes[start] === hash ? "comment" : "line";
      if (state === "comment") comment += decoder.decode(bytes.subarray(start));
    },
    end() {
      if (state !== "start") lines += 1;
      if (state === "comment") close("");
      return { lines, empty, comments, windowsEnds, separators: separators.total };
    },
  };
}

/**
 * Counts a byte, four at a time: one by one it would take as long as an engine's whole reading. In a word, the bytes that are the one
 * that is sought become 1 and all others 0; so many words are added up as a byte can hold.
 */
function byteCount(byte: number) {
  const pattern = byte * 0x01010101;
  let total = 0;
  const count = (bytes: Uint8Array): void => {
    for (const one of bytes) if (one === byte) total += 1;
  };
  return {
    get total() {
      return total;
    },
    push(bytes: Uint8Array): void {
      const start = -bytes.byteOffset & 3;
      const length = Math.max(0, bytes.length - start) >> 2;
      if (length > 0)
        total += wordsWith(pattern, new Int32Array(bytes.buffer, bytes.byteOffset + start, length));
      count(length > 0 ? bytes.subarray(0, start) : bytes);
      if (length > 0) count(bytes.subarray(start + 4 * length));
    },
  };
}

function wordsWith(pattern: number, words: Int32Array): number {
  let total = 0;
  for (let at = 0; at < words.length; ) {
    let sums = 0;
    for (const end = Math.min(words.length, at + 255); at < end; at += 1) {
      const word = words[at]! ^ pattern;
      sums = (sums + (~(((word & 0x7f7f7f7f) + 0x7f7f7f7f) | word | 0x7f7f7f7f) >>> 7)) | 0;
    }
    total += (sums & 255) + ((sums >>> 8) & 255) + ((sums >>> 16) & 255) + (sums >>> 24);
  }
  return total;
}
