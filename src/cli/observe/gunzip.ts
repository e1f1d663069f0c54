import { createGunzip } from "node:zlib";
import { CommandError } from "../context.ts";

/** Large enough that the cost of a piece does not count. */
const pieceSize = 1 << 20;

/**
 * Undoes gzip, of one or several members. Zeros behind the last one, as tapes and blocks are filled up with, are passed
 * over, as gzip(1) does; Node's own stream ends at the first of them, and drops whatever follows.
 * @throws {CommandError} when something else follows, and what Node throws of broken data.
 */
export async function gunzip(
  pieces: AsyncIterable<Uint8Array>,
  take: (piece: Uint8Array) => void,
): Promise<void> {
  const stream = createGunzip({ chunkSize: pieceSize });
  const state = { isOver: false, failed: false };
  const reading = (async () => {
    for await (const piece of stream as AsyncIterable<Buffer>) take(piece);
  })();
  const over = reading.then(
    () => {
      state.isOver = true;
    },
    () => {
      state.isOver = state.failed = true;
    },
  );
  let fed = 0;
  let lastByte = -1;
  for await (const piece of pieces) {
    const last = lastNonZero(piece);
    if (last >= 0) lastByte = fed + last;
    fed += piece.length;
    // A stream that has ended no longer answers.
    if (!state.isOver) await Promise.race([new Promise((done) => stream.write(piece, done)), over]);
    if (state.failed) break;
  }
  if (!state.isOver) stream.end();
  await reading;
  if (lastByte >= stream.bytesWritten) {
    throw new CommandError(
      `something else follows the gzip data, from byte ${stream.bytesWritten} on: it may be a log too; cut the two apart`,
    );
  }
}

function lastNonZero(piece: Uint8Array): number {
  let at = piece.length - 1;
  while (at >= 0 && piece[at] === 0) at -= 1;
  return at;
}
