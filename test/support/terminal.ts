import { spawn } from "node:child_process";
import { existsSync } from "node:fs";

/** What a test at a real terminal needs, or undefined when all of it is here. */
export const missingForTerminal: string | undefined = existsSync("/usr/bin/script")
  ? undefined
  : "script (bsdutils)";

/** A command at a real terminal, with the keys that somebody hits there. */
export interface Terminal {
  /** Everything on the screen so far. */
  said(): string;
  type(keys: string): void;
  /** Resolves when the screen shows it. */
  until(wanted: RegExp): Promise<void>;
  /** Closes the terminal, as the window of a laptop is closed. */
  hangUp(): void;
  readonly ended: Promise<number>;
}

export const keys = { enter: "\r", ctrlC: "\x03", ctrlD: "\x04" } as const;

/** `script` gives the command a terminal of its own, and passes on what it hears and says. */
export function atTerminal(words: readonly string[], cwd: string): Terminal {
  const line = words.map((word) => `'${word}'`).join(" ");
  const child = spawn("script", ["-q", "-e", "-f", "-c", `exec ${line}`, "/dev/null"], {
    cwd,
    stdio: ["pipe", "pipe", "inherit"],
    env: { ...process.env, SHELL: "/bin/sh" },
  });
  let screen = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    screen += text;
  });
  const ended = new Promise<number>((resolve) => child.on("close", (code) => resolve(code ?? -1)));
  let isOver = false;
  void ended.then(() => {
    isOver = true;
  });
  return {
    said: () => screen,
    type: (text) => void child.stdin.write(text),
    async until(wanted) {
      while (!wanted.test(screen)) {
        if (isOver) throw new Error(`it ended before the screen showed ${wanted}:\n${screen}`);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    },
    hangUp: () => void child.kill("SIGKILL"),
    ended,
  };
}
