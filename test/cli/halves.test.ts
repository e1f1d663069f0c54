import { createHash } from "node:crypto";
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { observation } from "../../src/baseline/observe.ts";
import type { Halves, readInHalves as Reader } from "../../src/cli/observe/halves.ts";
import { addition, storedBaseline } from "../../src/engines/store/flow-store.ts";
import { alikeRecords, poll, zeekFieldNames, zeekLog } from "../engines/support/zeek.ts";

/** As it is built: a thread has a file of its own. */
const built = join(import.meta.dirname, "../../dist/src/cli/observe/halves.js");
let readInHalves: typeof Reader;
let folder = "";
let file = "";
beforeAll(async () => {
  ({ readInHalves } = await import(built));
  folder = mkdtempSync(join(tmpdir(), "sluice-halves-"));
  file = join(folder, "conn.log");
});
afterAll(() => rmSync(folder, { recursive: true }));

const read = (passed = (): void => undefined): Promise<Halves | undefined> => {
  const into = ["a", "b"].map((half) => join(folder, half)) as [string, string];
  for (const half of into) rmSync(half, { force: true });
  return readInHalves(file, into, passed, 1);
};
const inHalves = (log: string): Promise<Halves | undefined> => {
  writeFileSync(file, log);
  return read();
};
const polls = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => poll(60 * (from + index)));

function wholeOf(log: string): unknown {
  const seen = observation();
  const source = seen.open("conn.log");
  source.push(Buffer.from(log));
  source.end(createHash("sha256").update(log).digest("hex"));
  return seen.baseline();
}

/** Of a store that has only what two threads read. */
async function storedFrom(log: string): Promise<unknown> {
  writeFileSync(file, log);
  const store = join(folder, "store");
  rmSync(store, { recursive: true, force: true });
  const adding = await addition(store, process.pid);
  try {
    const places = [adding.place(), adding.place()] as const;
    const halves = await readInHalves(file, [places[0].path, places[1].path], () => undefined, 1);
    if (halves === undefined) return undefined;
    for (const [index, place] of places.entries()) place.keep(halves.written[index]!);
    const { source, links } = halves;
    await adding.commit({ sources: [{ name: "conn.log", ...source }], links });
  } finally {
    adding.close();
  }
  return storedBaseline(store, join(folder, "spill"));
}

const suffix = availableParallelism() < 2 ? " [skipped: one processor]" : "";

describe.skipIf(suffix !== "")(`a conn.log that two threads read${suffix}`, { timeout: 60_000 }, () => {
  test("gives the baseline that one gives, or is left to one", async () => {
    let halves = 0;
    await fc.assert(
      fc.asyncProperty(alikeRecords, async (records) => {
        const log = zeekLog(records);
        const stored = await storedFrom(log);
        if (stored === undefined) return;
        halves += 1;
        expect(stored).toEqual(wholeOf(log));
      }),
      { numRuns: 10, seed: 29 },
    );
    expect(halves).toBeGreaterThan(3);
  });

  test("has the longest silence also where it lies between the halves, and all requests are kept that a cadence needs", async () => {
    const log = zeekLog([...polls(0, 5000), ...polls(9000, 14_000)]);
    expect(await storedFrom(log)).toEqual(wholeOf(log));
  });

  test.each<[string, string]>([
    [
      "a line that is rejected",
      zeekLog(polls(0, 100))
        .replace(/^.*$/m, "$&")
        .replace(/\n(1767\S+)\t/, "\n$1 "),
    ],
    [
      "columns that change",
      `${zeekLog(polls(0, 50))}${zeekLog(polls(50, 100), zeekFieldNames.toReversed())}`,
    ],
    ["line ends of Windows in it", zeekLog(polls(0, 100)).replaceAll(/^(1767.*)$/gm, "$1\r")],
    ["a last line that is cut", zeekLog(polls(0, 100)).slice(0, -100)],
    ["another log", zeekLog(polls(0, 100)).replace("conn", "dns")],
  ])("is left to one, which says what it is, with %s", async (_, log) => {
    expect(await inHalves(log)).toBeUndefined();
  });

  test("is left to one when it changes meanwhile, and ended by whoever is told how far it is", async () => {
    writeFileSync(file, zeekLog(polls(0, 20_000)));
    let isChanged = false;
    const change = (): void => {
      if (!isChanged) appendFileSync(file, "#\n");
      isChanged = true;
    };
    expect(await read(change)).toBeUndefined();
    const stop = (): never => {
      throw new Error("stopped");
    };
    await expect(read(stop)).rejects.toThrow("stopped");
  });
});
