import { performance } from "node:perf_hooks";
import { durationText } from "../views/baseline.ts";

/** Milliseconds between two drawings. */
export const refresh = 200;

/** What is counted, in millions. */
export type Unit = "MB" | "M records";

/** A line on a terminal that tells how far a long work is. Silent where stderr is not a terminal. */
export interface Progress {
  /** @param done bytes or records so far, of `total` (undefined when nobody knows). */
  show(label: string, done: number, total: number | undefined): void;
  /** For a step that does not say how far it is. */
  wait(label: string): void;
  /** Another step begins, which has a rate of its own. */
  begin(): void;
  clear(): void;
}

/** @param now in milliseconds; only differences count. */
export function progress(
  stream: NodeJS.WriteStream,
  unit: Unit = "MB",
  now: () => number = () => performance.now(),
): Progress {
  let started = now();
  let drawn = started;
  let shown = false;
  /** @param parts of the line, by the seconds since the step began. */
  const draw = (parts: (passed: number) => readonly string[]): void => {
    const time = now();
    if (!stream.isTTY || time - drawn < refresh) return;
    drawn = time;
    shown = true;
    const line = parts((time - started) / 1000).join("  ");
    stream.write(`\r\x1b[K${line.slice(0, (stream.columns || 80) - 1)}`);
  };
  return {
    show: (label, done, total) =>
      draw((passed) => {
        const rate = done / passed;
        const amount = `${millions(done)}${total === undefined ? "" : ` of ${millions(total)}`} ${unit}`;
        const parts = [label, amount, `${millions(rate)} ${unit}/s`];
        if (total === undefined || rate === 0) return parts;
        const left = Math.max(0, total - done) / rate;
        return [
          ...parts,
          `${Math.min(100, Math.floor((100 * done) / total))} %`,
          `${durationText(left)} left`,
        ];
      }),
    wait: (label) => draw((passed) => [label, `${passed.toFixed(0)} s`]),
    begin() {
      started = now();
      drawn = started;
    },
    clear() {
      if (shown) stream.write("\r\x1b[K");
      shown = false;
    },
  };
}

const millions = (amount: number): string => (amount / 1e6).toFixed(1);
