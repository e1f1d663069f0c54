import { createHash } from "node:crypto";
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { aggregate } from "../../src/baseline/aggregate.ts";
import { flowLimits } from "../../src/baseline/attempts.ts";
import { baselineOf, observation } from "../../src/baseline/observe.ts";
import type { Halves } from "../../src/cli/observe/halves.ts";
import { alikeRecords, poll, zeekFieldNames, zeekLog } from "../engines/support/zeek.ts";

/** As it is built: a thread has a file of its own. */
const built = join(import.meta.dirname, "../../dist/src/cli/observe/halves.js");
let readInHalves: (
  path: string,
  passed: (bytes: number) => void,
  least?: number,
) => Promise<Halves | undefined>;
let folder = "";
let file = "";
beforeAll(async () => {
  ({ readInHalves } = await import(built));
  folder = mkdtempSync(join(tmpdir(), "sluice-halves-"));
  file = join(folder, "conn.log");
});
afterAll(() => rmSync(folder, { recursive: true }));

const inHalves = (log: string): Promise<Halves | undefined> => {
  writeFileSync(file, log);
  return readInHalves(file, () => undefined, 1);
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

function baselineFrom({ source, links, talks }: Halves): unknown {
  const flows = aggregate(flowLimits);
  for (const talk of talks) flows.add(talk);
  return baselineOf({ sources: [{ name: "conn.log", ...source }], links }, flows);
}

const suffix = availableParallelism() < 2 ? " [skipped: one processor]" : "";

describe.skipIf(suffix !== "")(`a conn.log that two threads read${suffix}`, { timeout: 60_000 }, () => {
  test("gives the baseline that one gives, or is left to one", async () => {
    let halves = 0;
    await fc.assert(
      fc.asyncProperty(alikeRecords, async (records) => {
        const log = zeekLog(records);
        const read = await inHalves(log);
        if (read === undefined) return;
        halves += 1;
        expect(baselineFrom(read)).toEqual(wholeOf(log));
      }),
      { numRuns: 25, seed: 29 },
    );
    expect(halves).toBeGreaterThan(8);
  });

  test("has the longest silence also where it lies between the halves, and all requests are kept that a cadence needs", async () => {
    const log = zeekLog([...polls(0, 5000), ...polls(9000, 14_000)]);
    expect(baselineFrom((await inHalves(log))!)).toEqual(wholeOf(log));
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
    expect(await readInHalves(file, change, 1)).toBeUndefined();
    const stop = (): never => {
      throw new Error("stopped");
    };
    await expect(readInHalves(file, stop, 1)).rejects.toThrow("stopped");
  });
});
