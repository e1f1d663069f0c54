import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { type Entry, entryTo } from "../enter.ts";
import { order } from "../lab.ts";
import type { LabFolder } from "../lab-folder.ts";
import { laptop } from "../plant.ts";
import { monotonicSeconds } from "../poll-log.ts";

/** What the demo promises did not come true. */
export class DemoError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "DemoError";
  }
}

export interface Finished {
  readonly code: number;
  /** What the command wrote to stdout. */
  readonly stdout: string;
  readonly seconds: number;
}

/** A command that still runs, as in a second terminal. */
export interface Running {
  readonly finished: Promise<Finished>;
  /** Resolves when a line of its output, of either stream, matches. */
  line(pattern: RegExp): Promise<string>;
}

/** Runs a shell line at the firewall's own console, unseen, and resolves with what it says. */
export interface Console {
  console(line: string): Promise<string>;
}

/** The engineer's terminal, and a watcher's console. */
export interface Terminal extends Console {
  heading(text: string): void;
  say(text: string): void;
  /** Starts a command on the laptop, shown as the engineer types it; its output is shown as it comes. */
  start(line: string): Running;
  /** Runs a command on the laptop to its end. Rejects with DemoError unless it exits with `code`. */
  engineer(line: string, code?: number): Promise<Finished>;
}

/** Opens a terminal in a running lab. `write` gets whole lines. */
export function openTerminal(folder: LabFolder, write: (line: string) => void): Terminal {
  const start = (line: string): Running => {
    write(`\n  laptop$ ${line}`);
    return follow(entryTo(folder, laptop.name, ["sh", "-c", line]), (text) => write(`  ${text}`));
  };
  return {
    heading: (text) => write(`\n\n== ${text}`),
    say: (text) => write(`\n${text}`),
    start,
    async engineer(line, code = 0) {
      const done = await start(line).finished;
      if (done.code !== code) throw new DemoError(`\`${line}\` exited with ${done.code}, not ${code}`);
      return done;
    },
    console: (line) => order(folder, { do: "console", argv: ["sh", "-c", line] }),
  };
}

function follow({ command, words, env }: Entry, show: (line: string) => void): Running {
  const started = monotonicSeconds();
  const child = spawn(command, words, { env, stdio: ["ignore", "pipe", "pipe"] });
  const waiting = new Set<(line: string) => void>();
  const stdout: string[] = [];
  const eachLine = (stream: NonNullable<ChildProcess["stdout"]>, keep: (line: string) => void): void => {
    createInterface(stream).on("line", (line) => {
      keep(line);
      show(line);
      for (const look of [...waiting]) look(line);
    });
  };
  eachLine(child.stdout, (line) => void stdout.push(line));
  eachLine(child.stderr, () => undefined);
  const finished = new Promise<Finished>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) =>
      resolve({ code: code ?? -1, stdout: stdout.join("\n"), seconds: monotonicSeconds() - started }),
    );
  });
  const line = (pattern: RegExp): Promise<string> =>
    new Promise((resolve, reject) => {
      const look = (text: string): void => {
        if (!pattern.test(text)) return;
        waiting.delete(look);
        resolve(text);
      };
      waiting.add(look);
      finished.then(
        ({ code }) => reject(new DemoError(`it exited with ${code} before it said ${pattern}`)),
        reject,
      );
    });
  return { finished, line };
}
