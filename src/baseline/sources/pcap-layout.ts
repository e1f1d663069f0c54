import { longestFrame } from "./frame.ts";

/** How the records of a pcap file are laid out; `ticks` are those of a second, `header` is the length of a record's header. */
export interface PcapLayout {
  readonly little: boolean;
  readonly ticks: number;
  readonly header: number;
}

/** By the magic number, read as little endian. */
const magics: ReadonlyMap<number, PcapLayout> = new Map([
  [0xa1b2c3d4, { little: true, ticks: 1e6, header: 16 }],
  [0xd4c3b2a1, { little: false, ticks: 1e6, header: 16 }],
  [0xa1b23c4d, { little: true, ticks: 1e9, header: 16 }],
  [0x4d3cb2a1, { little: false, ticks: 1e9, header: 16 }],
  // Kuznetzov's variant: eight more bytes (interface, protocol, packet type) in each record header.
  [0xa1b2cd34, { little: true, ticks: 1e6, header: 24 }],
  [0x34cdb2a1, { little: false, ticks: 1e6, header: 24 }],
]);

export const isPcapMagic = (magic: number): boolean => magics.has(magic);

export const fileHeader = 24;

/**
 * Record headers of other lengths behind the same magic numbers: four more bytes by the firewalls of Nokia (IPSO), eight by
 * the first version of Kuznetzov's variant (Red Hat 6.1), and four more than that in another one (SuSE 6.3).
 */
const unmarked: ReadonlyMap<number, readonly number[]> = new Map([
  [16, [20, 24]],
  [24, [28]],
]);

/** Records that are enough to tell. */
const enough = 8;
/** Seconds by which records in a row differ at most; those of a stretch without traffic too. */
const longestSilence = 30 * 86_400;

/**
 * The layout of a file by its first bytes: the usual one, unless that cannot be, or leaves a rest where another one ends.
 * @param view the file header and what follows it: the whole of a small file.
 */
export function pcapLayout(view: DataView): PcapLayout {
  const usual = magics.get(view.getUint32(0, true))!;
  const others = (unmarked.get(usual.header) ?? []).map((header): PcapLayout => ({ ...usual, header }));
  const fit = fitOf(view, usual);
  if (fit === "whole") return usual;
  const better = fit === "none" ? ["part", "whole"] : ["whole"];
  return others.find((other) => better.includes(fitOf(view, other))) ?? usual;
}

/**
 * Whether the first records can be: times that follow each other, fractions below a second, lengths that a capture has; whether
 * there are enough to tell, and whether the last of them ends where the bytes do.
 */
function fitOf(view: DataView, { little, ticks, header }: PcapLayout): "none" | "few" | "part" | "whole" {
  let [at, before, records] = [fileHeader, Number.NaN, 0];
  for (; records < enough && at + header <= view.byteLength; records += 1) {
    const seconds = view.getUint32(at, little);
    const captured = view.getUint32(at + 8, little);
    const isPossible =
      view.getUint32(at + 4, little) < ticks &&
      captured <= longestFrame &&
      view.getUint32(at + 12, little) <= longestWire &&
      !(Math.abs(seconds - before) > longestSilence);
    if (!isPossible) return "none";
    at += header + captured;
    before = seconds;
  }
  if (at === view.byteLength) return "whole";
  return records < 2 ? "few" : "part";
}

/** A jumbogram, or what a card was to segment. */
const longestWire = 1 << 24;
