import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

// Other processes that write a journal: they run what was built, as an engineer's do.

const built = join(import.meta.dirname, "../../dist/src/cli/rollout");

const programs = {
  /** Appends until it is killed. */
  append: `for (let n = 0; ; n += 1) await appendJournal(folder, [entry("n" + n), entry("m" + n)]);`,
  /** Takes the lock and never gives it back. */
  hold: `mkdirSync(folder + "/.sluice"); await withLock(folder + "/.sluice/journal.lock", () => {
    process.stdout.write("holding"); Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0); });`,
  /** Fills the disk with entries of several blocks, says what came of it, makes room and writes once more. */
  fill: `let refusal;
    writeFileSync(folder + "/room", "x".repeat(16384));
    while (refusal === undefined) await appendJournal(folder, [entry("x".repeat(9000))]).catch((e) => { refusal = e.message; });
    const whole = readJournalFile(folder).faults;
    rmSync(folder + "/room");
    await appendJournal(folder, [entry("room again")]);
    const { faults: afterwards, entries } = readJournalFile(folder);
    console.log(JSON.stringify({ refusal, whole, afterwards, last: entries.at(-1).action }));`,
} as const;

/** Writes a program that uses the built journal; its folder is its first argument. */
export function fromBuild(name: keyof typeof programs, folder: string): string {
  const journal = join(built, "journal-file.js");
  if (!existsSync(journal)) throw new Error("dist/ is not built: npm run build");
  const file = join(mkdtempSync(join(tmpdir(), "sluice-writer-")), `${name}.mjs`);
  writeFileSync(
    file,
    `import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { appendJournal, readJournalFile } from ${JSON.stringify(pathToFileURL(journal).href)};
import { withLock } from ${JSON.stringify(pathToFileURL(join(built, "lock-file.js")).href)};
const folder = process.argv[2] ?? ${JSON.stringify(folder)};
const entry = (action) => ({ time: "2026-03-01T02:00:00.000Z", actor: "eva", action });
process.stdout.write("started");
${programs[name]}
`.replace(name === "fill" ? 'process.stdout.write("started");\n' : "\u0000", ""),
  );
  return file;
}

export interface Writer {
  readonly process: ChildProcess;
  /** It runs, and holds what it is to hold. */
  readonly ready: Promise<void>;
  readonly ended: Promise<void>;
}

export function writer(folder: string, name: "append" | "hold"): Writer {
  const child = spawn("node", [fromBuild(name, folder)], { stdio: ["ignore", "pipe", "inherit"] });
  const word = name === "hold" ? "holding" : "started";
  return {
    process: child,
    ready: new Promise((resolve) => {
      child.stdout.on("data", (text: Buffer) => text.includes(word) && resolve());
    }),
    ended: new Promise((resolve) => {
      child.on("exit", () => resolve());
    }),
  };
}
