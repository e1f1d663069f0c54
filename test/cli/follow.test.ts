import {
  appendFileSync,
  closeSync,
  mkdtempSync,
  openSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Observation, observation } from "../../src/baseline/observe.ts";
import type { Context } from "../../src/cli/context.ts";
import { followFiles } from "../../src/cli/observe/follow.ts";

let folder: string;
let log: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sluice-follow-"));
  log = join(folder, "conn.log");
});
afterEach(() => rmSync(folder, { recursive: true }));

const header =
  "#separator \\x09\n#path\tconn\n#fields\tts\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tconn_state\tresp_pkts\n";
const record = (at: number): string =>
  `${1_700_000_000 + at}.000000\t10.0.0.1\t${40_000 + at}\t10.0.0.2\t502\ttcp\tSF\t3\n`;

const waitFor = async (holds: () => boolean): Promise<void> => {
  for (let round = 0; round < 200 && !holds(); round += 1) await new Promise((done) => setTimeout(done, 25));
  expect(holds()).toBe(true);
};

/** Follows while `work` changes the files; `bytes` tells how much of them was read. */
async function following(work: (bytes: () => number) => Promise<void>): Promise<Observation> {
  const seen = observation();
  let bytes = 0;
  const counting: Pick<Observation, "open"> = {
    open(name) {
      const source = seen.open(name);
      return {
        ...source,
        push(chunk) {
          bytes += chunk.length;
          source.push(chunk);
        },
      };
    },
  };
  const interruption = new AbortController();
  const context = { process, cwd: folder, now: () => new Date(0) } as unknown as Context;
  const done = followFiles(context, ["conn.log"], counting, interruption.signal);
  done.catch(() => undefined);
  await work(() => bytes);
  interruption.abort();
  await done;
  return seen;
}
const connections = (seen: Observation): number =>
  seen.baseline().flows.reduce((sum, flow) => sum + flow.connections, 0);

test("a log is read as it grows, line by line, and an interruption leaves out the line that is not whole", async () => {
  writeFileSync(log, header + record(0));
  const seen = await following(async (bytes) => {
    const half = record(1).slice(0, 20);
    await waitFor(() => bytes() === header.length + record(0).length);
    appendFileSync(log, half);
    appendFileSync(log, record(1).slice(20) + record(2) + half);
    await waitFor(() => bytes() === header.length + 3 * record(0).length);
  });
  expect(connections(seen)).toBe(3);
  expect(seen.baseline().sources[0]!.accounting.rejected).toEqual({});
});

test("a log that is rotated is read to its end, though it is renamed and compressed, and then the new one", async () => {
  writeFileSync(log, header + record(0));
  const seen = await following(async (bytes) => {
    await waitFor(() => bytes() > 0);
    appendFileSync(log, record(1));
    renameSync(log, `${log}.1`);
    // The program that logs has it open still.
    appendFileSync(`${log}.1`, record(2));
    writeFileSync(`${log}.1.gz`, gzipSync(header + record(0) + record(1) + record(2)));
    rmSync(`${log}.1`);
    writeFileSync(log, header + record(3));
    await waitFor(() => bytes() === 2 * header.length + 4 * record(0).length);
  });
  expect(connections(seen)).toBe(4);
  expect(seen.baseline().sources.map(({ accounting }) => accounting.used)).toEqual([3, 1]);
});

test("what its program writes to a log after the rotation, until it is told of it, is read too", async () => {
  writeFileSync(log, header + record(0));
  const seen = await following(async (bytes) => {
    await waitFor(() => bytes() > 0);
    renameSync(log, `${log}.1`);
    writeFileSync(log, "");
    for (const at of [1, 2, 3]) {
      await new Promise((done) => setTimeout(done, 300));
      appendFileSync(`${log}.1`, record(at));
    }
    writeFileSync(log, header + record(4));
    appendFileSync(`${log}.1`, record(5));
    await waitFor(() => bytes() === 2 * header.length + 6 * record(0).length);
  });
  expect(connections(seen)).toBe(6);
  expect(seen.baseline().sources.map(({ accounting }) => accounting.used)).toEqual([5, 1]);
});

test("an interruption just after a rotation reads what the new log has, and an empty one is no fault", async () => {
  writeFileSync(log, header + record(0));
  const rotated = async (content: string): Promise<Observation> =>
    following(async (bytes) => {
      await waitFor(() => bytes() > 0);
      renameSync(log, `${log}.1`);
      writeFileSync(log, content);
      await new Promise((done) => setTimeout(done, 500));
    });
  expect(connections(await rotated(header + record(1)))).toBe(2);
  expect(connections(await rotated(""))).toBe(1);
});

test("a log that was truncated and has grown beyond its old end since is read from its new beginning", async () => {
  const line = (at: number): string =>
    `[17000000${at}.5]\t[NEW] udp 17 30 src=10.0.0.1 dst=10.0.0.2 sport=4000 dport=502 src=10.0.0.2 dst=10.0.0.1 sport=502 dport=4000\n`;
  writeFileSync(log, line(10));
  const seen = await following(async (bytes) => {
    await waitFor(() => bytes() === line(10).length);
    writeFileSync(log, line(20) + line(21));
    await waitFor(() => bytes() === 3 * line(10).length);
  });
  expect(seen.baseline().sources.map(({ accounting }) => accounting.read)).toEqual([1, 2]);
});

test("a log that is emptied under a program that writes on where it was goes on behind the hole", async () => {
  const line = (at: number): string =>
    `[17000000${at}.5]\t[NEW] udp 17 30 src=10.0.0.1 dst=10.0.0.2 sport=4000 dport=502 src=10.0.0.2 dst=10.0.0.1 sport=502 dport=4000\n`;
  const file = openSync(log, "w");
  writeSync(file, line(10));
  const seen = await following(async (bytes) => {
    await waitFor(() => bytes() === line(10).length);
    truncateSync(log, 0);
    writeSync(file, line(20));
    await waitFor(() => bytes() === 2 * line(10).length);
    truncateSync(log, 0);
    await new Promise((done) => setTimeout(done, 500));
    writeSync(file, line(30));
    await waitFor(() => bytes() === 3 * line(10).length);
  });
  closeSync(file);
  expect(seen.baseline().sources.map(({ accounting }) => accounting.read)).toEqual([2, 1]);
});

test("a compressed log is refused by name: none grows that is read here", async () => {
  writeFileSync(log, gzipSync(header + record(0)));
  await expect(following(async () => undefined)).rejects.toThrow(/^conn.log is compressed/);
});

test("a log that is truncated is read from its new beginning", async () => {
  writeFileSync(log, header + record(0) + record(1));
  const seen = await following(async (bytes) => {
    await waitFor(() => bytes() > 0);
    truncateSync(log, 0);
    await waitFor(() => {
      appendFileSync(log, "");
      return true;
    });
    await new Promise((done) => setTimeout(done, 500));
    appendFileSync(log, header + record(2));
    await waitFor(() => bytes() === 2 * header.length + 3 * record(0).length);
  });
  expect(connections(seen)).toBe(3);
});

test("what is no log any more after a rotation is an error that names the file", async () => {
  writeFileSync(log, header + record(0));
  const changed = following(async (bytes) => {
    await waitFor(() => bytes() > 0);
    renameSync(log, `${log}.1`);
    writeFileSync(log, "\u0001\u0002 nonsense\n".repeat(4_000));
    await new Promise((done) => setTimeout(done, 900));
  });
  await expect(changed).rejects.toThrow(/^conn.log: the format is not known/);
});
