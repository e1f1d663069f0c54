import { Decompress } from "fzstd";
import xxhash, { type XXHash } from "xxhash-wasm";
import { carry } from "../../baseline/sources/carry.ts";
import { CommandError } from "../context.ts";

/** The first bytes of a frame, and of one that is skipped (RFC 8878, 3.1.1 and 3.1.2), lowest byte first. */
const frameMagic = 0xfd2fb528;
const isSkippable = (magic: number): boolean => magic >>> 4 === 0x184d2a5;
const runLength = 1;
const checksumLength = 4;

/**
 * Undoes Zstandard (RFC 8878), of one or several frames. The library passes over the checksum that most frames carry, and
 * over the dictionary that some need, so both are looked at here: damaged data would give other values, and no error.
 * (xxhash-wasm, MIT, 0.2 MB: the checksum's hash, which is of 64-bit numbers, at the speed of memory.)
 * @throws {CommandError} and what the library throws of broken data.
 */
export async function unzstd(
  pieces: AsyncIterable<Uint8Array>,
  take: (piece: Uint8Array) => void,
): Promise<void> {
  const { create64 } = await xxhash();
  /** What is left of the frame that was begun; undefined between frames. */
  let frame: { readonly stream: Decompress; readonly hash: XXHash<bigint> | undefined } | undefined;

  const begin = (bytes: Uint8Array, view: DataView, at: number, base: number): number => {
    const magic = view.getUint32(at, true);
    if (isSkippable(magic)) return 8 + view.getUint32(at + 4, true);
    if (magic !== frameMagic)
      throw new CommandError(
        `something else follows the zstd data, from byte ${base + at} on: it may be a log too; cut the two apart`,
      );
    const { length, hasChecksum } = headerOf(bytes, at + 4);
    const hash = hasChecksum ? create64() : undefined;
    const stream = new Decompress((piece) => {
      hash?.update(piece);
      take(piece);
    });
    stream.push(bytes.slice(at, at + length));
    frame = { stream, hash };
    return length;
  };

  const carried = carry((bytes, view, base) => {
    let at = 0;
    for (;;) {
      if (frame === undefined) {
        if (at + longestHeader > bytes.length && !isWhole(bytes, at)) return at;
        at += begin(bytes, view, at, base);
        if (at > bytes.length) return at;
        continue;
      }
      if (at + 3 > bytes.length) return at;
      const head = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16);
      const [isLast, type, size] = [(head & 1) === 1, (head >> 1) & 3, head >> 3];
      const end = at + 3 + (type === runLength ? 1 : size);
      const next = isLast && frame.hash !== undefined ? end + checksumLength : end;
      if (next > bytes.length) return at;
      // The library keeps pieces, and the bytes are used again.
      frame.stream.push(bytes.slice(at, next), isLast);
      if (isLast && frame.hash !== undefined) {
        const found = Number(frame.hash.digest() & 0xffff_ffffn);
        if (found !== view.getUint32(end, true))
          throw new CommandError(
            `the zstd data is damaged, in the frame that ends at byte ${base + next}: its content does not match its ` +
              "checksum; get the file again",
          );
      }
      if (isLast) frame = undefined;
      at = next;
    }
  });

  for await (const piece of pieces) carried.push(piece);
  if (frame !== undefined || carried.left.length !== 0)
    throw new CommandError(
      `the zstd data ends too early, after ${carried.left.at + Math.max(0, carried.left.length)} bytes: the file was cut ` +
        "short. What is left of it can be read with `zstd -dc FILE | sluice observe -`",
    );
}

/** Magic number, descriptor, window, dictionary and content size. */
const longestHeader = 18;

/** Whether a header that has fewer bytes behind it than one may have is there: a small frame may be the last one. */
function isWhole(bytes: Uint8Array, at: number): boolean {
  const there = bytes.length - at;
  if (there < 8) return false;
  const view = new DataView(bytes.buffer, bytes.byteOffset + at);
  return view.getUint32(0, true) !== frameMagic || headerOf(bytes, at + 4).length <= there;
}

/** Of the frame whose descriptor stands at a place (RFC 8878, 3.1.1.1). Its length is counted from the magic number on. */
function headerOf(bytes: Uint8Array, at: number): { readonly length: number; readonly hasChecksum: boolean } {
  const descriptor = bytes[at]!;
  const isSingleSegment = (descriptor & 0x20) !== 0;
  if ((descriptor & 3) !== 0)
    throw new CommandError(
      "the zstd data was made with a dictionary: give `zstd -D DICTIONARY -dc FILE | sluice observe -`",
    );
  const sizeFlag = descriptor >> 6;
  const contentSize = sizeFlag === 0 ? (isSingleSegment ? 1 : 0) : 1 << sizeFlag;
  return {
    length: 5 + (isSingleSegment ? 0 : 1) + contentSize,
    hasChecksum: (descriptor & 4) !== 0,
  };
}
