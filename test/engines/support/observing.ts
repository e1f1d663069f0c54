import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";

const main = join(import.meta.dirname, "../../../dist/src/cli/main.js");

/** Runs `sluice observe --engine` as a process of its own, which reads its environment when it starts. */
export async function observing(engine: string, env: Readonly<Record<string, string>>) {
  if (!existsSync(main)) throw new Error("dist/ is not built: npm run build");
  const child = spawn(process.execPath, [main, "observe", "--engine", engine, "--json"], {
    env: { PATH: process.env.PATH, ...env },
  });
  const [out, err] = [[] as Buffer[], [] as Buffer[]];
  child.stdout.on("data", (piece: Buffer) => out.push(piece));
  child.stderr.on("data", (piece: Buffer) => err.push(piece));
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
  return { code, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() };
}
