import { closeSync, openSync, readSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";
import type { BaselineSource } from "../../baseline/flow.ts";
import type { LinkSighting } from "../../baseline/links/sightings.ts";
import { recording } from "../../baseline/observe.ts";
import { partialLines } from "../../engines/store/partial-lines.ts";

/** What a thread reads. */
export interface HalfOrder {
  readonly path: string;
  /** Bytes of the file, the last one excluded; both stand behind a line feed. */
  readonly from: number;
  readonly to: number;
  /** The header of the log, where the half does not begin with it. */
  readonly header: string;
  /** The file into which it writes what it has read. */
  readonly into: string;
}

export interface Half {
  readonly source: BaselineSource;
  readonly links: readonly LinkSighting[];
  /** How many partials it has written. */
  readonly written: number;
  /** Nothing of it is worth telling, and an engine reads its lines as they were read. */
  readonly isUniform: boolean;
}

/** From a thread: how many bytes it has read, or all that they gave. */
export type FromHalf = { readonly passed: number } | { readonly half: Half };

const pieceSize = 1 << 20;

/** Reads one half of a conn.log into sums. What goes wrong ends the thread: the log is read by one, which says what it is. */
function readHalf({ path, from, to, header, into }: HalfOrder, tell: (message: FromHalf) => void): void {
  const lines = partialLines(into);
  let isUniform = true;
  const read = recording(lines.add, {
    isOnly: true,
    odd: () => {
      isUniform = false;
    },
  });
  const open = read.open(path);
  open.push(Buffer.from(header));
  const file = openSync(path, "r");
  try {
    for (let at = from; at < to; ) {
      const piece = Buffer.allocUnsafe(Math.min(pieceSize, to - at));
      const length = readSync(file, piece, 0, piece.length, at);
      if (length === 0) throw new Error("the file has become shorter");
      open.push(piece.subarray(0, length));
      at += length;
      tell({ passed: length });
    }
  } finally {
    closeSync(file);
  }
  const findings = open.end("");
  const { sources, links } = read.end();
  const written = lines.end();
  tell({ half: { source: sources[0]!, links, written, isUniform: isUniform && findings.length === 0 } });
}

readHalf(workerData as HalfOrder, (message) => parentPort!.postMessage(message));
