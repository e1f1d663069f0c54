import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import { readOptions } from "./pcapng-options.ts";
import type { Tally } from "./source.ts";

/** Option codes of draft-ietf-opsawg-pcapng: isb_ifdrop and isb_osdrop of statistics, epb_dropcount of a packet. */
const option = { byInterface: 5, bySystem: 7, beforePacket: 4 } as const;
/** No capture loses so many: a recorder that does not know writes all ones. */
const unknownFrom = 2n ** 48n;
/** Of the block with its interface, time and both lengths. */
const shortest = 24;

export const lossReason = "lost by the recorder, as its statistics say";

/** Adds up what the statistics of a capture's interfaces say was lost. */
export interface Losses {
  /** @param at where the block starts; it is there as a whole. */
  note(view: DataView, at: number, length: number, little: boolean): void;
  /** Sees the options of an enhanced packet block, where it has any. */
  noteBefore(view: DataView, index: number, at: number, end: number, little: boolean): void;
  /** The interfaces of the next section are others. */
  nextSection(): void;
  /** Counts as rejected what was lost, so that the quality of the data tells of it. */
  end(tally: Tally): readonly Diagnostic[];
}

export function losses(): Losses {
  const lost = { byInterface: 0, bySystem: 0 };
  /** Of this section, by interface. Each block counts from the start of the capture: the highest holds. */
  const byInterface = new Map<number, number>();
  const bySystem = new Map<number, number>();
  /** The same packets, as each block counts those that were lost before it. */
  const beforePackets = new Map<number, number>();
  const nextSection = (): void => {
    for (const [index, count] of beforePackets)
      byInterface.set(index, Math.max(byInterface.get(index) ?? 0, count - (bySystem.get(index) ?? 0)));
    beforePackets.clear();
    for (const count of byInterface.values()) lost.byInterface += count;
    for (const count of bySystem.values()) lost.bySystem += count;
    byInterface.clear();
    bySystem.clear();
  };
  return {
    note(view, at, length, little) {
      if (length < shortest) return;
      const index = view.getUint32(at + 8, little);
      readOptions(view, at + 20, at + length - 4, little, (code, value, size) => {
        const counts =
          code === option.byInterface ? byInterface : code === option.bySystem ? bySystem : undefined;
        if (counts === undefined || size !== 8) return;
        const count = view.getBigUint64(value, little);
        if (count < unknownFrom) counts.set(index, Math.max(counts.get(index) ?? 0, Number(count)));
      });
    },
    noteBefore(view, index, at, end, little) {
      readOptions(view, at, end, little, (code, value, size) => {
        if (code !== option.beforePacket || size !== 8) return;
        const count = view.getBigUint64(value, little);
        if (count < unknownFrom) beforePackets.set(index, (beforePackets.get(index) ?? 0) + Number(count));
      });
    },
    nextSection,
    end(tally) {
      nextSection();
      const total = lost.byInterface + lost.bySystem;
      if (total === 0) return [];
      tally.lose(lossReason, total);
      return [
        {
          code: "baseline/lost-packets",
          severity: "warning",
          message:
            `the recorder lost ${total} packets, its statistics say (${lost.byInterface} at the interface, ` +
            `${lost.bySystem} in the operating system): flows may be missing, and counts are too low`,
          fix: "record again with a larger buffer (dumpcap -B 64), a shorter snap length, or on a machine that keeps up",
        },
      ];
    },
  };
}
