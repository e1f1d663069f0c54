import { wireText } from "../announcement.ts";

/** A value with its tag. */
export interface Tagged {
  /** Number of a context tag, or undefined for an application tag. */
  readonly context: number | undefined;
  readonly tag: number;
  readonly value: Buffer;
  /** Number of the opening tag around it. */
  readonly within: number | undefined;
}

/** The primitive values of a piece of BACnet data (clause 20.2), each with the opening tag around it; up to where it is sound. */
export function tags(bytes: Buffer): readonly Tagged[] {
  const found: Tagged[] = [];
  const around: number[] = [];
  let at = 0;
  while (at < bytes.length) {
    const first = bytes[at++]!;
    const isContext = (first & 8) !== 0;
    const number = first >> 4 === 15 ? bytes[at++] : first >> 4;
    const marker = first & 7;
    if (number === undefined) break;
    if (isContext && marker === opening) around.push(number);
    if (isContext && marker === closing) around.pop();
    if (isContext && marker >= opening) continue;
    let length = isContext || number !== 1 ? marker : 0;
    if (length === 5) {
      length = bytes[at++] ?? 0;
      if (length >= 254) {
        const wide = length === 254 ? 2 : 4;
        if (at + wide > bytes.length) break;
        length = bytes.readUIntBE(at, wide);
        at += wide;
      }
    }
    if (at + length > bytes.length) break;
    found.push({
      context: isContext ? number : undefined,
      tag: number,
      value: bytes.subarray(at, at + length),
      within: around.at(-1),
    });
    at += length;
  }
  return found;
}

const opening = 6;
const closing = 7;

export const unsigned = (value: Buffer): number => value.reduce((sum, byte) => sum * 256 + byte, 0);

/** A character string (clause 20.2.9): its first byte is the character set. Code pages and JIS are not read. */
export const characters = (value: Tagged | undefined): string | undefined => {
  const charset = value?.tag === 7 ? charsets.get(value.value[0] ?? -1) : undefined;
  return charset === undefined ? undefined : wireText(value!.value.subarray(1), charset);
};
/** ISO 10646 in UTF-8 (once called ANSI X3.4) and in UCS-2, and ISO 8859-1. */
const charsets: ReadonlyMap<number, string> = new Map([
  [0, "utf-8"],
  [4, "utf-16be"],
  [5, "latin1"],
]);
