import { protocolNumbers } from "../../net/protocol.ts";
import { isTooManyDoubled, longestApart, type Observed, relationOf } from "../points/doubles.ts";

/** A log has records that no single observer can have written: only one that is read record by record tells what they are. */
export class DoubledLog extends Error {}

/**
 * Looks for copies among lines that are added up, at the line before of the same text and port: where a log is doubled, these are
 * next to each other.
 */
export interface ZeekTwins {
  /**
   * @param text number of what the line says beside its figures.
   * @throws {DoubledLog} at a copy.
   */
  see(text: number, port: number, line: Figures): void;
  /** The numbers of texts begin anew. */
  forget(): void;
  /** @throws {DoubledLog} when too much is in doubt. */
  end(): void;
}

/** Times in seconds since 1970. */
interface Figures {
  readonly first: number;
  readonly last: number;
  readonly packets: number;
  readonly packetsBack: number;
}

/** So many lines are remembered, by the hash of their text and port. */
const slots = 1 << 14;

export function zeekTwins(): ZeekTwins {
  const texts = new Int32Array(slots).fill(-1);
  const ports = new Uint16Array(slots);
  const figures = new Float64Array(4 * slots);
  let [records, doubled] = [0, 0];
  return {
    see(text, port, { first, last, packets, packetsBack }) {
      records += 1;
      const slot = Math.imul(text ^ Math.imul(port, 0x9e3779b1), 0x85ebca6b) >>> 18;
      const at = 4 * slot;
      if (texts[slot] === text && ports[slot] === port && first - figures[at + 1]! < longestApart) {
        const before = observed(figures[at]!, figures[at + 1]!, figures[at + 2]!, figures[at + 3]!);
        const relation = relationOf(before, observed(first, last, packets, packetsBack), protocolNumbers.tcp);
        if (relation === "copy") throw new DoubledLog("a connection stands in it twice");
        if (relation === "doubtful") doubled += 1;
      }
      texts[slot] = text;
      ports[slot] = port;
      figures[at] = first;
      figures[at + 1] = last;
      figures[at + 2] = packets;
      figures[at + 3] = packetsBack;
    },
    forget: () => {
      texts.fill(-1);
    },
    end() {
      if (isTooManyDoubled({ records, doubled })) throw new DoubledLog("many connections stand in it twice");
    },
  };
}

const observed = (first: number, last: number, packets: number, packetsBack: number): Observed => ({
  ...{ first, last },
  low: { packets, bytes: 0 },
  high: { packets: packetsBack, bytes: 0 },
});
