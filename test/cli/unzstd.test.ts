import { expect, test } from "vitest";
import { unzstd } from "../../src/cli/observe/unzstd.ts";

const text =
  "udp 17 29 src=10.0.0.1 dst=10.0.0.2 sport=4000 dport=502 src=10.0.0.2 dst=10.0.0.1 sport=502 dport=4000 use=1\n";
/** What `zstd -1` (1.5.4) makes of it: one frame with its checksum. Node 20 cannot compress. */
const frame = Buffer.from(
  "KLUv/QRILQIAAgQNErAlbbL+6CxOiteaI5YJV3aQQQFZQIv/i/qgqg/bJHj+L2yToLpWzzSfz8kAqR7KAhmvBAUAUeUB2QGOkYoLgZh4herHzw==",
  "base64",
);
/** What it makes of nothing, and of `x` without a checksum and with its size unknown. */
const empty = Buffer.from("28b52ffd240001000099e9d851", "hex");
const small = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x58, 0x09, 0x00, 0x00, 0x78]);
const skipped = Buffer.from([0x5f, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]);

async function content(bytes: Uint8Array, size = bytes.length): Promise<string> {
  const pieces = async function* (): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
  };
  const found: Uint8Array[] = [];
  await unzstd(pieces(), (piece) => found.push(piece.slice()));
  return Buffer.concat(found).toString("latin1");
}

test("frames with and without checksum or content, and those to be skipped, in pieces of any size", async () => {
  const whole = Buffer.concat([skipped, frame, empty, small, skipped, frame, small, skipped]);
  for (const size of [1, 2, 7, 64, whole.length]) expect(await content(whole, size)).toBe(`${text}x${text}x`);
});

test("a byte that was changed anywhere gives an error or the same text, and never another text", async () => {
  const outcomes = await Promise.all(
    [...frame].flatMap((byte, at) =>
      [1, 0x40, 0xff].map((change) => {
        const damaged = Buffer.from(frame);
        damaged[at] = byte ^ change;
        return content(damaged).catch((error: Error) => {
          expect(error.message).not.toBe("");
          return text;
        });
      }),
    ),
  );
  expect(new Set(outcomes)).toEqual(new Set([text]));
  const damaged = Buffer.from(frame);
  damaged[frame.length - 1]! ^= 1;
  await expect(content(damaged)).rejects.toThrow(/does not match its checksum/);
});

test("data that ends too early, wherever, is refused", async () => {
  for (let length = 5; length < frame.length; length += 1)
    await expect(content(frame.subarray(0, length))).rejects.toThrow(/ends too early, after \d+ bytes/);
});

test("what needs a dictionary, and what else stands behind, is refused by name", async () => {
  const withDictionary = Buffer.from(frame);
  withDictionary[4]! |= 1;
  await expect(content(withDictionary)).rejects.toThrow(/made with a dictionary: give `zstd -D DICTIONARY/);
  await expect(content(Buffer.concat([frame, Buffer.from("more log\n")]))).rejects.toThrow(
    `something else follows the zstd data, from byte ${frame.length} on`,
  );
});
