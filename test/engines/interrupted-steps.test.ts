import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Database, DatabaseSettings } from "../../src/engines/duckdb/database.ts";
import { sluice } from "../support/command.ts";
import { poll, zeekLog } from "./support/zeek.ts";

/** What is done at each statement: before it is asked, or while it runs. */
type Hook = (index: number, moment: "before" | "during") => void;
const steps = vi.hoisted(() => ({ hook: (() => undefined) as Hook, statements: 0 }));

vi.mock("../../src/engines/duckdb/database.ts", async (original) => {
  const real = await original<typeof import("../../src/engines/duckdb/database.ts")>();
  const openDatabase = async (settings: DatabaseSettings): Promise<Database> => {
    const database = await real.openDatabase(settings);
    const watched = <T>(ask: (sql: string) => Promise<T>) => {
      return (sql: string): Promise<T> => {
        const index = steps.statements;
        steps.statements += 1;
        steps.hook(index, "before");
        const answer = ask(sql);
        steps.hook(index, "during");
        return answer;
      };
    };
    const { run, rows, stream } = database;
    return { ...database, run: watched(run), rows: watched(rows), stream: watched(stream) };
  };
  return { ...real, openDatabase };
});

let folder = "";
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "sluice-steps-"));
  writeFileSync(join(folder, "a.log"), zeekLog([poll(0), poll(60)]));
  const cards = { orig_l2_addr: "02:00:00:00:00:01", vlan: "20" };
  writeFileSync(join(folder, "b.log"), zeekLog([{ ...poll(0), ...cards }, poll(3600, "10.0.0.7")]));
  // Of the same time, so that an engine looks for copies.
  writeFileSync(join(folder, "c.log"), zeekLog([poll(1800, "10.0.0.8"), poll(7260)]));
  // This one is read line by line.
  writeFileSync(join(folder, "d.log"), `${JSON.stringify(json(poll(9000)))}\n`);
});
afterEach(() => {
  steps.hook = () => undefined;
  rmSync(folder, { recursive: true });
});

const json = (record: ReturnType<typeof poll>) => ({
  ...record,
  ts: Number(record.ts),
  "id.orig_p": Number(record["id.orig_p"]),
  "id.resp_p": 502,
});
const files = ["b.log", "c.log", "d.log"];
const stateOf = (store: string): readonly (readonly [string, string])[] =>
  readdirSync(join(folder, store))
    .sort()
    .map((name) => [name, readFileSync(join(folder, store, name)).toString("base64")]);
const namesIn = async (store: string): Promise<readonly string[]> => {
  const { stdout } = await sluice(folder, ["observe", "--store", store, "--json"]);
  return JSON.parse(stdout).sources.map(({ name }: { readonly name: string }) => name);
};

describe("Ctrl-C at any statement of an engine, and between two of them", { timeout: 120_000 }, () => {
  test("an addition is whole, or there is nothing of it, and it says which", async () => {
    await sluice(folder, ["observe", "a.log", "--store", "before"]);
    const before = stateOf("before");
    const addTo = (store: string) => {
      cpSync(join(folder, "before"), join(folder, store), { recursive: true });
      steps.statements = 0;
      return sluice(folder, ["observe", ...files, "--store", store]);
    };
    expect(await addTo("whole")).toMatchObject({ code: 0 });
    const statements = steps.statements;
    steps.statements = 0;
    await namesIn("whole");
    const reading = steps.statements;
    expect(statements).toBe(reading + 6);
    let undone = 0;
    for (let target = 0; target < statements; target += 1)
      for (const moment of ["before", "during"] as const) {
        const store = `store-${target}-${moment}`;
        steps.hook = (index, now) => {
          if (index !== target || now !== moment) return;
          // What a signal starts, without the signal, which would end the tests too.
          for (const stop of process.listeners("SIGHUP")) stop("SIGHUP");
        };
        const { code, stderr } = await addTo(store);
        steps.hook = () => undefined;
        const at = `${moment} statement ${target}: ${stderr}`;
        if (code === 0) expect(await namesIn(store), at).toEqual(await namesIn("whole"));
        else {
          undone += 1;
          expect(stderr, at).toContain("ended by SIGHUP: nothing was added, the store is as it was");
          expect(stderr, at).not.toMatch(/INTERRUPT|since the work/);
          expect(stateOf(store), at).toEqual(before);
        }
      }
    // Those that read the store come when the addition is over, and the one before them may be when it hears of it.
    expect(undone).toBeGreaterThanOrEqual(2 * (statements - reading) - 1);
  });
});
