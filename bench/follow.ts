import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as timer } from "node:timers/promises";
import { observation } from "../src/baseline/observe.ts";
import type { Context } from "../src/cli/context.ts";
import { followFiles } from "../src/cli/observe/follow.ts";
import type { Figure } from "./figure.ts";

const perSecond = 100_000;
const seconds = 10;

/** Appends Zeek records of 64 clients that poll 32 servers, at a steady rate, and exits. */
const writer = `
const { appendFileSync } = require("node:fs");
const [file, perSecond, seconds] = [process.argv[1], Number(process.argv[2]), Number(process.argv[3])];
let written = 0;
const start = performance.now();
const timer = setInterval(() => {
  const due = Math.min(perSecond * seconds, Math.floor(((performance.now() - start) / 1000) * perSecond));
  let text = "";
  for (; written < due; written += 1) {
    const time = (1700000000 + written / 1000).toFixed(6);
    text += time + "\\t10.0.0." + (written % 64) + "\\t" + (32768 + (written % 20000)) + "\\t10.0.1." + (written % 32) +
      "\\t502\\ttcp\\tSF\\t3\\n";
  }
  appendFileSync(file, text);
  if (written === perSecond * seconds) clearInterval(timer);
}, 20);
`;
const header =
  "#separator \\x09\n#path\tconn\n#fields\tts\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tconn_state\tresp_pkts\n";

/** A live tail beside a writer of 100,000 records a second: how far it is behind, and whether its memory grows. */
export async function bench(): Promise<readonly Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), "sluice-bench-"));
  const file = join(folder, "conn.log");
  writeFileSync(file, header);
  const seen = observation();
  let bytes = 0;
  const context = { process, cwd: folder, now: () => new Date() } as unknown as Context;
  const counting = {
    open(name: string) {
      const source = seen.open(name);
      return {
        ...source,
        push(chunk: Uint8Array) {
          bytes += chunk.length;
          source.push(chunk);
        },
      };
    },
  };
  const interruption = new AbortController();
  const done = followFiles(context, [file], counting, interruption.signal);
  const child = spawn(process.execPath, ["-e", writer, file, String(perSecond), String(seconds)], {
    stdio: "inherit",
  });
  const ended = new Promise<number | null>((resolve) => child.on("exit", resolve));
  let running = true;
  void ended.then(() => {
    running = false;
  });
  const memory: number[] = [];
  let behind = 0;
  while (running) {
    await timer(250);
    memory.push(process.memoryUsage().rss / 1e6);
    behind = Math.max(behind, statSync(file).size - bytes);
  }
  const stopped = performance.now();
  while (bytes < statSync(file).size) await timer(10);
  const caughtUp = performance.now() - stopped;
  interruption.abort();
  await done;
  const { sources } = seen.baseline();
  const used = sources[0]!.accounting.used;
  rmSync(folder, { recursive: true });
  if (used !== perSecond * seconds) throw new Error(`${used} of ${perSecond * seconds} records were used`);
  const half = memory.length >> 1;
  return [
    { name: "records written, and read, in a second", value: perSecond, unit: "records/s" },
    { name: "most that was behind", value: behind / 1e6, unit: "MB" },
    { name: "behind when the writer stopped", value: caughtUp, unit: "ms" },
    { name: "most memory in the first half", value: Math.max(...memory.slice(0, half)), unit: "MB" },
    { name: "most memory in the second half", value: Math.max(...memory.slice(half)), unit: "MB" },
  ];
}
