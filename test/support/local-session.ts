import { spawn } from "node:child_process";
import type { Session } from "../../src/session.ts";

/** Runs commands on this machine, behind `prefix` (such as `nsenter …`): a session without a wire. */
export function localSession(prefix: readonly string[] = []): Session {
  return {
    run: (argv, options = {}) =>
      new Promise((resolve, reject) => {
        const [command, ...words] = [...prefix, "env", "LC_ALL=C", ...argv];
        const child = spawn(command!, words, { timeout: options.timeoutMs ?? 60_000 });
        const out: Buffer[] = [];
        const err: Buffer[] = [];
        child.stdout.on("data", (chunk: Buffer) => out.push(chunk));
        child.stderr.on("data", (chunk: Buffer) => err.push(chunk));
        child.on("error", reject);
        child.on("close", (code) =>
          resolve({
            code: code ?? 255,
            stdout: Buffer.concat(out).toString("utf8"),
            stderr: Buffer.concat(err).toString("utf8"),
          }),
        );
        child.stdin.on("error", () => child.stdin.destroy());
        child.stdin.end(options.stdin ?? "");
      }),
    close: () => Promise.resolve(),
  };
}
