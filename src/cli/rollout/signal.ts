import { execFile } from "node:child_process";
import { open } from "node:fs/promises";
import { resolve } from "node:path";
import type { Signal } from "../../policy/model.ts";
import type { SignalFound } from "../../rollout/criteria/external-signal.ts";

/** A command that takes longer says nothing; the lease has to be renewed meanwhile. */
const patienceMs = 5_000;
/** A signal is a word, not a log. */
const longest = 4_096;

/** What an outside signal says now. Paths are from the site's folder, which is also where a command runs. */
export const askSignal = (folder: string, signal: Signal): Promise<SignalFound> =>
  signal.kind === "file" ? readSignal(resolve(folder, signal.path)) : runSignal(folder, signal.argv);

async function readSignal(path: string): Promise<SignalFound> {
  try {
    const file = await open(path);
    try {
      const { mtimeMs } = await file.stat();
      const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(longest) });
      const age = Math.max(0, (Date.now() - mtimeMs) / 1000);
      return { kind: "file", content: buffer.toString("utf8", 0, bytesRead), age };
    } finally {
      await file.close();
    }
  } catch (error) {
    return { kind: "nothing", reason: `the signal cannot be read: ${(error as Error).message}` };
  }
}

/** Runs the program itself with its words; no shell is there to read them. */
const runSignal = (folder: string, [program = "", ...words]: readonly string[]): Promise<SignalFound> =>
  new Promise((settle) => {
    execFile(
      program,
      words,
      { cwd: folder, timeout: patienceMs, maxBuffer: longest, encoding: "utf8", killSignal: "SIGKILL" },
      (error, output) => {
        if (!error) settle({ kind: "exit", code: 0, output });
        else if (typeof error.code === "number") settle({ kind: "exit", code: error.code, output });
        else {
          const why = error.killed
            ? `it took longer than ${patienceMs / 1000} s, or said too much`
            : error.message;
          settle({ kind: "nothing", reason: `the command ${program} says nothing: ${why}` });
        }
      },
    );
  });
