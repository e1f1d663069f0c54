import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { poll, zeekLog } from "./support/zeek.ts";

const main = join(import.meta.dirname, "../../dist/sluice/main.js");
const canMount = process.getuid?.() === 0 && spawnSync("unshare", ["-m", "true"]).status === 0;

let folder = "";
beforeEach(() => {
  if (!existsSync(main)) throw new Error("dist/ is not built: npm run build");
  folder = mkdtempSync(join(tmpdir(), "sluice-store-"));
  writeFileSync(join(folder, "a.log"), zeekLog([poll(0), poll(60)]));
  expect(sluice("observe", "a.log", "--store", "plant").status).toBe(0);
}, 60_000);
afterEach(() => rmSync(folder, { recursive: true }));

const sluice = (...args: readonly string[]) =>
  spawnSync(process.execPath, [main, ...args], { cwd: folder, encoding: "utf8" });
const stored = (): string => sluice("observe", "--store", "plant", "--json").stdout;
/** A log that takes some time: every second of some days, from many masters. */
const long = (): string => {
  const rows = Array.from({ length: 200_000 }, (_, second) =>
    poll(second, `10.1.${second % 97}.${second % 89}`),
  );
  return zeekLog(rows);
};
/** Starts to add a log, and returns when the engine is at work. */
async function adding() {
  const child = spawn(process.execPath, [main, "observe", "b.log", "--store", "plant"], { cwd: folder });
  let stderr = "";
  child.stderr.on("data", (text) => {
    stderr += text;
  });
  const exit = new Promise<number | null>((resolve) => child.on("close", resolve));
  while (!readdirSync(join(folder, "plant")).some((name) => name.startsWith(".work"))) await pause(5);
  return { child, exit, stderr: () => stderr };
}

describe("an addition that does not come to its end leaves the store as it was", { timeout: 120_000 }, () => {
  test("Ctrl-C: it says so, and nothing is left behind", async () => {
    const [before, files] = [stored(), readdirSync(join(folder, "plant"))];
    writeFileSync(join(folder, "b.log"), long());
    const { child, exit, stderr } = await adding();
    child.kill("SIGINT");
    expect(await exit).toBe(1);
    expect(stderr()).toContain("ended by Ctrl-C: nothing was added, the store is as it was");
    expect(readdirSync(join(folder, "plant"))).toEqual(files);
    expect(stored()).toBe(before);
  });

  test("kill -9: what it had begun is removed by the next addition", async () => {
    const before = stored();
    writeFileSync(join(folder, "b.log"), long());
    const { child, exit } = await adding();
    child.kill("SIGKILL");
    await exit;
    expect(stored()).toBe(before);
    writeFileSync(join(folder, "c.log"), zeekLog([poll(120)]));
    expect(sluice("observe", "c.log", "--store", "plant").status).toBe(0);
    expect(readdirSync(join(folder, "plant")).filter((name) => name.startsWith("."))).toEqual([]);
    expect(JSON.parse(stored()).flows).toMatchObject([{ connections: 3 }]);
  });

  test.skipIf(!canMount)(
    `a full disk${canMount ? "" : " [skipped: needs root, to mount a small disk]"}`,
    () => {
      const before = stored();
      writeFileSync(join(folder, "b.log"), long());
      const script = [
        "mkdir small && mount -t tmpfs -o size=64k none small && cp plant/* small/",
        `'${process.execPath}' '${main}' observe b.log --store small > out 2> err || echo $? > code`,
        "ls -A small > left",
        `'${process.execPath}' '${main}' observe --store small --json > after`,
      ].join("\n");
      expect(
        spawnSync("unshare", ["-m", "sh", "-ec", script], { cwd: folder, encoding: "utf8" }),
      ).toMatchObject({ status: 0, stderr: "" });
      const read = (name: string): string => readFileSync(join(folder, name), "utf8");
      expect(read("code")).toBe("1\n");
      expect(read("err")).toContain("the disk is full: nothing was added, the store is as it was");
      expect(read("left").trim().split("\n")).toEqual(readdirSync(join(folder, "plant")));
      expect(read("after")).toBe(before);
    },
  );

  test("of two at once, the one that ends later is refused", async () => {
    writeFileSync(join(folder, "b.log"), long());
    writeFileSync(join(folder, "c.log"), zeekLog([poll(120)]));
    const { exit, stderr } = await adding();
    expect(sluice("observe", "c.log", "--store", "plant").status).toBe(0);
    expect(await exit).toBe(1);
    expect(stderr()).toContain("another run has added");
    expect(JSON.parse(stored()).sources.map(({ name }: { name: string }) => name)).toEqual([
      "a.log",
      "c.log",
    ]);
  });
});
