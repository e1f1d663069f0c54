import { performance } from "node:perf_hooks";
import { durationText } from "../views/baseline.ts";

/** Milliseconds between two drawings. */
export const refresh = 200;

/** A line on a terminal that tells how far a long reading is. Silent where stderr is not a terminal. */
export interface Progress {
  /** @param bytes read so far, of `total` (undefined when nobody knows). */
  show(label: string, bytes: number, total: number | undefined): void;
  clear(): void;
}

export function progress(stream: NodeJS.WriteStream): Progress {
  const started = performance.now();
  let drawn = started;
  let shown = false;
  return {
    show(label, bytes, total) {
      const now = performance.now();
      if (!stream.isTTY || now - drawn < refresh) return;
      drawn = now;
      shown = true;
      const rate = bytes / ((now - started) / 1000);
      const parts = [label, `${megabytes(bytes)}${total === undefined ? "" : ` of ${megabytes(total)}`} MB`];
      parts.push(`${megabytes(rate)} MB/s`);
      if (total !== undefined && rate > 0) {
        parts.push(`${Math.floor((100 * bytes) / total)} %`, `${durationText((total - bytes) / rate)} left`);
      }
      stream.write(`\r\x1b[K${parts.join("  ").slice(0, (stream.columns || 80) - 1)}`);
    },
    clear() {
      if (shown) stream.write("\r\x1b[K");
      shown = false;
    },
  };
}

const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(1);
