import type { Drop } from "./drop.ts";

/** One captured frame. The object is reused for the next frame: whoever keeps something must copy it. */
export interface Frame {
  /** Its place in the file, from 1. */
  number: number;
  /** Where its record starts in the file, in bytes. */
  place: number;
  bytes: Uint8Array;
  /** Where the frame starts in `bytes`, and where its captured part ends. */
  start: number;
  end: number;
  /** Length on the wire, in bytes; more than was captured when the capture was taken with a snap length. */
  wireLength: number;
  linkType: number;
  /** Of the interface that recorded it, where a capture has several. */
  point: number;
  /** Put together from a log's line: equal bytes say nothing of equal packets. */
  rebuilt: boolean;
  /** Byte order of the host that captured: some link headers are in it. */
  littleEndian: boolean;
  /** Seconds since 1970; NaN when the record has no time. */
  time: number;
}

export const emptyFrame = (): Frame => ({
  number: 0,
  place: 0,
  bytes: new Uint8Array(0),
  start: 0,
  end: 0,
  wireLength: 0,
  linkType: -1,
  point: 0,
  rebuilt: false,
  littleEndian: true,
  time: Number.NaN,
});

export type FrameSink = (frame: Frame) => void;

/** As long as a header without options. */
const shownBytes = 20;

/**
 * How a packet that is damaged is shown to the engineer; undefined for one that is not.
 * @param at where in `bytes` stands what is wrong, where that is known.
 */
export function damageSample(
  { expected }: Drop,
  { number, place, bytes, start, end }: Frame,
  at?: number,
): string | undefined {
  if (expected === undefined) return undefined;
  const shown = Buffer.from(bytes.subarray(at ?? end, Math.min((at ?? end) + shownBytes, end))).toString(
    "hex",
  );
  const found = at === undefined ? "" : `; found ${shown || "nothing"} from its byte ${at - start} on`;
  return `packet ${number} at byte ${place} of the file: expected ${expected}${found}`;
}

/** Largest captured length that libpcap writes for the link types read here (MAXIMUM_SNAPLEN). */
export const longestFrame = 262_144;
