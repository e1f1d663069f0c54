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
}

const [lineFeed, carriageReturn, hash] = [10, 13, 35];

export function lineScan(): LineScan {
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
      return { lines, empty, comments, windowsEnds };
    },
  };
}
