import { spawnSync } from "node:child_process";
import { createReadStream, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { observation } from "../src/baseline/observe.ts";
import type { Figure } from "./figure.ts";

const packets = 2_000_000;
const sessions = 32;
const recordLength = 16 + 66;

/** Modbus polls of one master over long sessions, as plants have them: a request and an answer in turn. */
function capture(): Uint8Array {
  const file = Buffer.alloc(24 + packets * recordLength);
  file.writeUInt32LE(0xa1b2c3d4, 0);
  file.writeUInt32LE(0x0004_0002, 4);
  file.writeUInt32LE(262_144, 16);
  file.writeUInt32LE(1, 20);
  for (let index = 0; index < packets; index += 1) {
    const at = 24 + index * recordLength;
    const session = (index >> 1) % sessions;
    const [master, slave] = [0x0a00_0001, 0x0a00_0100 + session];
    const [source, destination] = index % 2 === 0 ? [master, slave] : [slave, master];
    const [from, to] = index % 2 === 0 ? [40_000 + session, 502] : [502, 40_000 + session];
    file.writeUInt32LE(1_700_000_000 + Math.floor(index / 5000), at);
    file.writeUInt32LE((index % 5000) * 200, at + 4);
    file.writeUInt32LE(66, at + 8);
    file.writeUInt32LE(66, at + 12);
    file.writeUInt16BE(0x0800, at + 28);
    file[at + 30] = 0x45;
    file.writeUInt16BE(52, at + 32);
    file[at + 38] = 64;
    file[at + 39] = 6;
    file.writeUInt32BE(source, at + 42);
    file.writeUInt32BE(destination, at + 46);
    file.writeUInt16BE(from, at + 50);
    file.writeUInt16BE(to, at + 52);
    // Twelve bytes each way: without true sequence numbers tshark would analyse nothing but retransmissions.
    const poll = Math.floor(index / (2 * sessions));
    file.writeUInt32BE(12 * poll, at + 54);
    file.writeUInt32BE(12 * (poll + (index % 2)), at + 58);
    file[at + 62] = 0x50;
    file[at + 63] = 0x18;
  }
  return file;
}

/** Seconds that another program takes for the same file, or undefined where it is not installed. */
function timed(program: string, args: readonly string[]): number | undefined {
  const started = performance.now();
  const { status } = spawnSync(program, args, { stdio: "ignore" });
  return status === 0 ? (performance.now() - started) / 1000 : undefined;
}

async function observe(path: string): Promise<number> {
  const started = performance.now();
  const seen = observation();
  const source = seen.open("bench.pcap");
  for await (const piece of createReadStream(path, { highWaterMark: 1 << 20 })) source.push(piece as Buffer);
  source.end("0".repeat(64));
  const { flows } = seen.baseline();
  if (flows.length !== sessions) throw new Error(`${flows.length} flows were found, not ${sessions}`);
  return (performance.now() - started) / 1000;
}

/** How fast a capture becomes a baseline, beside tcpdump (which only copies) and tshark's conversation statistics. */
export async function bench(): Promise<readonly Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), "sluice-bench-"));
  try {
    const path = join(folder, "bench.pcap");
    writeFileSync(path, capture());
    const own = await observe(path);
    const tcpdump = timed("tcpdump", ["-r", path, "-w", "/dev/null"]);
    const tshark = timed("tshark", ["-n", "-r", path, "-q", "-z", "conv,tcp"]);
    return [
      { name: "observe", value: packets / own, unit: "packets/s" },
      ...(tcpdump === undefined
        ? []
        : [{ name: "observe / tcpdump -w /dev/null", value: tcpdump / own, unit: "times as fast" }]),
      ...(tshark === undefined
        ? []
        : [{ name: "observe / tshark conversations", value: tshark / own, unit: "times as fast" }]),
    ];
  } finally {
    rmSync(folder, { recursive: true });
  }
}
