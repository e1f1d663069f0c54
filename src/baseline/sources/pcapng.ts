import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import { latestTime } from "../time.ts";
import { carry } from "./carry.ts";
import { type Drop, damage } from "./drop.ts";
import { damageSample, emptyFrame, type FrameSink, longestFrame } from "./frame.ts";
import { losses } from "./pcapng-losses.ts";
import { readOptions } from "./pcapng-options.ts";
import { type ByteReader, SourceError, type Tally } from "./source.ts";
import { cutShort } from "./truncated.ts";

/** Block types and option codes of draft-ietf-opsawg-pcapng. */
const block = {
  section: 0x0a0d0d0a,
  interface: 1,
  obsoletePacket: 2,
  simplePacket: 3,
  statistics: 5,
  enhancedPacket: 6,
} as const;
const option = { timeResolution: 9, timeOffset: 14 } as const;
const byteOrderMagic = 0x1a2b3c4d;

export const pcapngMagic: number = block.section;

interface Interface {
  readonly linkType: number;
  /** 0 is no limit. */
  readonly snapLength: number;
  /** Units of its time stamps in a second, and seconds to add. */
  readonly ticks: number;
  readonly offset: number;
}

/** Bytes of a packet block before the packet, the common eight included. */
const packetAt: ReadonlyMap<number, number> = new Map([
  [block.obsoletePacket, 28],
  [block.simplePacket, 12],
  [block.enhancedPacket, 28],
]);
const noInterface = damage(
  "names an interface that no block describes",
  "the number of an interface block of its section",
);
const longerThanBlock = damage("longer than its block", "a captured length that the block holds");
const noTime = damage("time stamp beyond the year 9999", "a time in the units of its interface");
/** A packet with its headers, padding and a generous share of options. */
const longestPacketBlock = longestFrame + 65_536;

/** Reads pcapng: several sections of either byte order, several interfaces; statistics say what was lost; other blocks are skipped. */
export function pcapngReader(sink: FrameSink, tally: Tally): ByteReader {
  const frame = emptyFrame();
  const lost = losses();
  let interfaces: Interface[] = [];
  let little = true;
  let blocks = 0;
  let packets = 0;
  /** Where the block that was begun last starts in the file. */
  let blockAt = 0;

  /** Returns why the packet cannot be read, if so. */
  const readPacket = (view: DataView, at: number, type: number, length: number): Drop | undefined => {
    packets += 1;
    frame.number = packets;
    frame.place = blockAt;
    const simple = type === block.simplePacket;
    const index =
      type === block.enhancedPacket
        ? view.getUint32(at + 8, little)
        : simple
          ? 0
          : view.getUint16(at + 8, little);
    const source = interfaces[index];
    if (source === undefined) return noInterface;
    frame.wireLength = view.getUint32(at + (simple ? 8 : 24), little);
    const captured = simple
      ? Math.min(frame.wireLength, source.snapLength || Number.POSITIVE_INFINITY)
      : view.getUint32(at + 20, little);
    frame.start = at + packetAt.get(type)!;
    frame.end = frame.start + captured;
    if (frame.end > at + length - 4) return longerThanBlock;
    const options = frame.end + (-captured & 3);
    if (type === block.enhancedPacket && options < at + length - 4)
      lost.noteBefore(view, index, options, at + length - 4, little);
    frame.linkType = source.linkType;
    frame.point = index;
    frame.littleEndian = little;
    frame.time = simple
      ? Number.NaN
      : (view.getUint32(at + 12, little) * 0x1_0000_0000 + view.getUint32(at + 16, little)) / source.ticks +
        source.offset;
    if (frame.time > latestTime) return noTime;
    sink(frame);
    return undefined;
  };

  const carried = carry((bytes, view, base) => {
    let at = 0;
    frame.bytes = bytes;
    while (at + 12 <= bytes.length) {
      const type = view.getUint32(at, little);
      blockAt = base + at;
      if (type === block.section) {
        const magic = view.getUint32(at + 8, true);
        little = magic === byteOrderMagic;
        if (!little && view.getUint32(at + 8, false) !== byteOrderMagic) {
          throw damaged(blocks, blockAt, "a section header without the byte-order magic 1A2B3C4D");
        }
        interfaces = [];
        lost.nextSection();
      } else if (blocks === 0) {
        throw damaged(blocks, blockAt, "no section header at the start");
      }
      const length = view.getUint32(at + 4, little);
      const packet = packetAt.get(type);
      if (length % 4 !== 0 || length < 12 || (packet !== undefined && length > longestPacketBlock)) {
        throw damaged(blocks, blockAt, `a block of type ${type} that claims ${length} bytes`);
      }
      const isStatistics = type === block.statistics && length <= longestPacketBlock;
      if (packet === undefined && type !== block.interface && !isStatistics) {
        at += length;
        blocks += 1;
        continue;
      }
      if (at + length > bytes.length) break;
      if (view.getUint32(at + length - 4, little) !== length) {
        throw damaged(blocks, blockAt, "a block whose two lengths differ");
      }
      if (packet !== undefined) {
        if (length < packet + 4) throw damaged(blocks, blockAt, "a packet block shorter than its header");
        const fault = readPacket(view, at, type, length);
        if (fault !== undefined) tally.reject(fault.reason, damageSample(fault, frame));
      } else if (isStatistics) {
        lost.note(view, at, length, little);
      } else {
        if (length < 20) throw damaged(blocks, blockAt, "an interface block shorter than its header");
        interfaces.push(readInterface(view, at, length, little));
      }
      at += length;
      blocks += 1;
    }
    return at;
  });

  return {
    format: "pcapng",
    unit: "packets",
    push: carried.push,
    end(): readonly Diagnostic[] {
      const { at, length } = carried.left;
      if (blocks === 0) {
        throw new SourceError(
          `the file ends after ${at + length} bytes, inside the first pcapng section header`,
        );
      }
      const warnings = lost.end(tally);
      if (length === 0) return warnings;
      // A block that is skipped has been counted already.
      const number = length < 0 ? blocks : blocks + 1;
      return [
        ...warnings,
        cutShort(tally, `block ${number} (${packets} packets were read)`, length < 0 ? blockAt : at, length),
      ];
    },
  };
}

const damaged = (blocks: number, at: number, found: string): SourceError =>
  new SourceError(`damaged pcapng: block ${blocks + 1} at byte ${at}: found ${found}`);

function readInterface(view: DataView, at: number, length: number, little: boolean): Interface {
  let ticks = 1e6;
  let offset = 0;
  readOptions(view, at + 16, at + length - 4, little, (code, value, size) => {
    if (code === option.timeResolution && size === 1) {
      const resolution = view.getUint8(value);
      ticks = (resolution & 0x80) === 0 ? 10 ** resolution : 2 ** (resolution & 0x7f);
    }
    if (code === option.timeOffset && size === 8) offset = Number(view.getBigInt64(value, little));
  });
  return {
    linkType: view.getUint16(at + 8, little),
    snapLength: view.getUint32(at + 12, little),
    ticks,
    offset,
  };
}
