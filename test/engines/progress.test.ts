import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { expect, test } from "vitest";
import { atTerminal, missingForTerminal } from "../support/terminal.ts";
import { poll, zeekLog } from "./support/zeek.ts";

const main = join(import.meta.dirname, "../../dist/src/cli/main.js");
const suffix = missingForTerminal === undefined ? "" : ` [skipped: ${missingForTerminal} missing]`;

/** One drawing of the line, in MB, MB/s and seconds, and when it was seen. */
interface Drawing {
  readonly seen: number;
  readonly label: string;
  readonly done: number;
  readonly total: number;
  readonly rate: number;
  readonly share: number;
  readonly left: number;
}
const seconds = { ms: 1e-3, s: 1, min: 60, h: 3600 } as const;

function drawingsIn(text: string, seen: number): readonly Drawing[] {
  const shape =
    /\[K(\S+) {2}([\d.]+) of ([\d.]+) MB {2}([\d.]+) MB\/s {2}(\d+) % {2}([\d.]+) (ms|s|min|h) left/g;
  return [...text.matchAll(shape)].map(([, label, done, total, rate, share, left, unit]) => ({
    ...{ seen, label: label!, done: Number(done), total: Number(total), rate: Number(rate) },
    ...{ share: Number(share), left: Number(left) * seconds[unit as keyof typeof seconds] },
  }));
}

test.skipIf(missingForTerminal !== undefined)(
  `an addition tells at a terminal how far it is: the first reading of all files, and that of lines with a rate of its own${suffix}`,
  { timeout: 120_000 },
  async () => {
    if (!existsSync(main)) throw new Error("dist/ is not built: npm run build");
    const folder = mkdtempSync(join(tmpdir(), "sluice-progress-"));
    const minutes = zeekLog(
      Array.from({ length: 20_000 }, (_, second) => poll(second, `10.1.${second % 97}.1`)),
    );
    // Each time 100,000 seconds later: connections that stand there twice would be read line by line.
    writeFileSync(
      join(folder, "bulk.log"),
      Array.from({ length: 61 }, (_, day) => minutes.replaceAll("\n17672", `\n${17672 + day}`)).join(""),
    );
    const line = (second: number): string => {
      const { ts, "id.orig_p": port, ...others } = poll(second);
      return `${JSON.stringify({ ...others, ts: Number(ts), "id.orig_p": Number(port), "id.resp_p": 502 })}\n`;
    };
    const lines = Array.from({ length: 5000 }, (_, second) => line(10_000_000 + second)).join("");
    writeFileSync(
      join(folder, "lines.log"),
      Array.from({ length: 18 }, (_, day) => lines.replaceAll('"ts":17772', `"ts":${17772 + day}`)).join(""),
    );
    const began = performance.now();
    const command = [process.execPath, main, "observe", "bulk.log", "lines.log", "--store", "plant"];
    const terminal = atTerminal(command, folder);
    const drawings: Drawing[] = [];
    let isOver = false;
    void terminal.ended.then(() => {
      isOver = true;
    });
    for (let read = 0; !isOver || read < terminal.said().length; await pause(10)) {
      // A drawing ends where the next one begins; the last of all is cleared.
      const end = Math.max(read, terminal.said().lastIndexOf("\r"));
      drawings.push(...drawingsIn(terminal.said().slice(read, end), performance.now()));
      read = isOver ? terminal.said().length : end;
    }
    expect(await terminal.ended).toBe(0);
    const [inBulk, byLine] = ["bulk.log", "lines.log"].map((name) => statSync(join(folder, name)).size / 1e6);
    const all = inBulk! + byLine!;
    rmSync(folder, { recursive: true });
    const bulk = drawings.filter(({ label }) => label === "bulk.log");
    const rest = drawings.filter(({ label, total }) => label === "lines.log" && total < all - 1);
    expect(bulk.filter(({ share }) => share < 95).length).toBeGreaterThanOrEqual(2);
    expect(rest.length).toBeGreaterThanOrEqual(1);
    for (const [step, total, start] of [
      [bulk, all, began],
      [rest, byLine!, bulk.at(-2)!.seen],
    ] as const)
      for (const [index, drawing] of step.entries()) {
        const { done, rate, share, left, seen } = drawing;
        expect(drawing.total).toBeCloseTo(total, 0);
        expect(done).toBeGreaterThanOrEqual(step[index - 1]?.done ?? 0);
        expect(Math.abs(share - (100 * done) / total)).toBeLessThan(1.5);
        expect(left).toBeGreaterThan(0.9 * ((total - done) / rate) - 0.1);
        expect(left).toBeLessThan(1.1 * ((total - done) / rate) + 0.1);
        // The time that a rate is over is that of its own step. A drawing is seen when the next one begins.
        if (done > 1) expect(done / rate).toBeLessThan((1.05 * (seen - start)) / 1000 + 0.3);
      }
    const [first, last] = [bulk[0]!, bulk.at(-1)!];
    const passed = (last.seen - first.seen) / 1000;
    expect(Math.abs(last.done / last.rate - first.done / first.rate - passed)).toBeLessThan(
      0.3 + 0.2 * passed,
    );
  },
);
