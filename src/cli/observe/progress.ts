import { performance } from "node:perf_hooks";
import { durationText } from "../views/baseline.ts";

/** Milliseconds between two drawings. */
export const refresh = 200;

/** What is counted; a share of a whole has neither amounts nor a rate that would tell anybody anything. */
export type Unit = "MB" | "M records" | "share";

/** A line on a terminal that tells how far a long work is. Silent where stderr is not a terminal. */
export interface Progress {
  /** @param done so far, of `total` (undefined when nobody knows): bytes, records, or parts of 1. */
  show(label: string, done: number, total: number | undefined): void;
  /** Another step begins, which has a rate of its own. */
  begin(unit: Unit): void;
  clear(): void;
}

/** @param now in milliseconds; only differences count. */
export function progress(
  stream: NodeJS.WriteStream,
  unit: Unit = "MB",
  now: () => number = () => performance.now(),
): Progress {
  let [counted, started] = [unit, now()];
  let drawn = started;
  let shown = false;
  return {
    show(label, done, total) {
      const time = now();
      if (!stream.isTTY || time - drawn < refresh) return;
      drawn = time;
      shown = true;
      const rate = done / ((time - started) / 1000);
      const parts = [label];
      if (counted !== "share") {
        parts.push(`${millions(done)}${total === undefined ? "" : ` of ${millions(total)}`} ${counted}`);
        parts.push(`${millions(rate)} ${counted}/s`);
      }
      if (total !== undefined && rate > 0) {
        const share = Math.min(1, done / total);
        parts.push(`${Math.floor(100 * share)} %`, `${durationText(Math.max(0, total - done) / rate)} left`);
      }
      stream.write(`\r\x1b[K${parts.join("  ").slice(0, (stream.columns || 80) - 1)}`);
    },
    begin(next) {
      [counted, started] = [next, now()];
      drawn = started;
    },
    clear() {
      if (shown) stream.write("\r\x1b[K");
      shown = false;
    },
  };
}

const millions = (amount: number): string => (amount / 1e6).toFixed(1);
