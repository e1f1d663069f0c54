import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hasTraffic, needsTraffic, traffic } from "../baseline/support/shared.ts";
import { type Ended, sluice } from "../support/command.ts";
import { damagedLog, zeekLog, zeekRecord } from "./support/zeek.ts";

/** The baseline of files by both ways, as JSON. */
async function bothWays(files: readonly string[], flags: readonly string[] = []) {
  const folder = mkdtempSync(join(tmpdir(), "sluice-agreement-"));
  try {
    const plain = await sluice(folder, ["observe", ...files, ...flags, "--json"]);
    const stored = await sluice(folder, ["observe", ...files, ...flags, "--store", "store", "--json"]);
    return { plain, stored };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Without what only the store tells: which files it read line by line. */
const withoutNotes = ({ stderr, ...others }: Ended): Ended => ({
  ...others,
  stderr: stderr.replaceAll(/^note: .*\n/gm, ""),
});

describe("the store and the reader that goes line by line give equal baselines", () => {
  test("on whatever records Zeek may write, in one file or in several", async () => {
    let inBulk = 0;
    const folder = mkdtempSync(join(tmpdir(), "sluice-agreement-"));
    try {
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.array(zeekRecord, { maxLength: 60 }), { minLength: 1, maxLength: 3 }),
          async (logs) => {
            const files = logs.map((records, index) => {
              const file = join(folder, `${index}.log`);
              // What makes the bytes of equal logs differ, so that none is skipped.
              writeFileSync(file, `${zeekLog(records)}#part ${index}\n`);
              return file;
            });
            const { plain, stored } = await bothWays(files);
            expect(withoutNotes(stored)).toEqual(plain);
            if (stored.stderr === "") inBulk += 1;
          },
        ),
        { numRuns: 25, seed: 5 },
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
    expect(inBulk).toBeGreaterThan(15);
  }, 180_000);

  test("on damaged lines: the same values, and the same lines are refused", async () => {
    const folder = mkdtempSync(join(tmpdir(), "sluice-agreement-"));
    const file = join(folder, "damaged.log");
    let inBulk = 0;
    try {
      await fc.assert(
        fc.asyncProperty(damagedLog, async (log) => {
          writeFileSync(file, log);
          const { plain, stored } = await bothWays([file]);
          if (stored.stderr === "") inBulk += 1;
          expect(withoutNotes(stored)).toEqual(withoutNotes(plain));
        }),
        { numRuns: 25, seed: 11 },
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
    expect(inBulk).toBeGreaterThan(5);
  }, 180_000);

  test.skipIf(!hasTraffic).each([
    ["rita-3day, 48 hourly files with a foreign first column", ["zeek/rita-3day"], []],
    [
      "logs in Zeek's shape",
      [
        "zeek/zeeklike-plant1-merged.conn.log",
        "zeek/zeeklike-lemay-modbus-6rtu-characterization.conn.log",
        "zeek/slips-test10-mixed-ipv6.conn.log",
      ],
      [],
    ],
    [
      "captures, and logs of all other formats",
      [
        "pcap/plant1-merged.pcap",
        "pcap/bacnet-40hosts.pcap",
        "pcap/kenexis-enip-baseline-unicast.pcap",
        "eve",
        "nfdump",
        "conntrack",
        "ulogd",
        "kernel-log",
      ],
      ["--timezone", "UTC", "--year", "2026"],
    ],
  ])(
    `on %s${needsTraffic}`,
    async (_, names, flags) => {
      const { plain, stored } = await bothWays(
        names.map((name) => join(traffic, name)),
        flags,
      );
      expect(stored).toEqual(plain);
      expect(JSON.parse(stored.stdout).flows.length).toBeGreaterThan(20);
    },
    180_000,
  );
});
