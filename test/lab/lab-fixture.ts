import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Order } from "../../src/lab/control.ts";
import { entryTo } from "../../src/lab/enter.ts";
import type { FirewallTarget } from "../../src/lab/firewall-kind.ts";
import { isLab, order, stopLab } from "../../src/lab/lab.ts";
import { type LabFolder, labFolder, pollLog } from "../../src/lab/lab-folder.ts";
import { type Poll, readPolls } from "../../src/lab/poll-log.ts";
import { missingForLab } from "../../src/lab/requirements.ts";

const main = join(import.meta.dirname, "..", "..", "dist", "sluice", "main.js");

/** Why no lab can run here, to be shown in the name of a skipped test; empty when one can. */
export const labMissing: string = missingFor("nftables");
export function missingFor(target: FirewallTarget): string {
  return missingForLab(target)
    .map(({ what }) => what)
    .join(", ");
}

/** The suite's name, with what is missing where the tests are skipped. */
export const needingLab = (name: string, missing = labMissing): string =>
  missing === "" ? name : `${name} (skipped, missing: ${missing})`;

export interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command to its end and collects what it says. */
export function finish(
  argv: readonly string[],
  options: { cwd?: string; input?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const child = spawn(argv[0]!, argv.slice(1), { cwd: options.cwd, env: options.env, stdio: "pipe" });
    let [stdout, stderr] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    child.on("error", reject);
    child.on("close", (code) => resolve({ code: code ?? -1, stdout, stderr }));
    // A command may end without having read its input.
    child.stdin.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE") reject(error);
    });
    child.stdin.end(options.input ?? "");
  });
}

/** The built `sluice` command, as its words. */
export function sluice(...words: readonly string[]): readonly string[] {
  if (!existsSync(main)) throw new Error("dist/ is not built: npm run build");
  return [process.execPath, main, ...words];
}

/** A running lab of one test file. */
export interface Lab {
  readonly folder: LabFolder;
  /** Runs a shell line on a host as its user would type it, in the folder of site.yaml. */
  on(host: string, line: string): Promise<Finished>;
  /** The same on the engineer's laptop; rejects when the line fails, with what it said. */
  engineer(line: string): Promise<string>;
  /** Runs a shell line at the firewall's own console, which needs no SSH and no link. */
  console(line: string): Promise<string>;
  fault(...words: readonly string[]): Promise<void>;
  /** The same without a command, for those who have many. */
  order(what: Order): Promise<string>;
  polls(session: string): readonly Poll[];
  down(): Promise<void>;
}

export const makeTemporaryFolder = (): string => mkdtempSync(join(tmpdir(), "sluice-test-"));

/** Starts a lab in a temporary folder. `words` are flags of `sluice lab up`. */
export async function startTestLab(...words: readonly string[]): Promise<Lab> {
  const parent = makeTemporaryFolder();
  const folder = labFolder(join(parent, "lab"));
  const dir = ["--dir", folder.root];
  const mustFinish = async (argv: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await finish(argv);
    if (code !== 0) throw new Error(`${argv.slice(2).join(" ")} exited with ${code}:\n${stdout}${stderr}`);
    return stdout;
  };
  // As `sluice lab exec` does it, without the time that a command takes to start.
  const on = (host: string, line: string): Promise<Finished> => {
    const { command, words, env } = entryTo(folder, host, ["sh", "-c", line]);
    return finish([command, ...words], { env });
  };
  await mustFinish(sluice("lab", "up", ...dir, ...words));
  return {
    folder,
    on,
    async engineer(line) {
      const { code, stdout, stderr } = await on("laptop", line);
      if (code !== 0) throw new Error(`${line} exited with ${code}:\n${stdout}${stderr}`);
      return stdout;
    },
    console: (line) => order(folder, { do: "console", argv: ["sh", "-c", line] }),
    fault: async (...fault) => void (await mustFinish(sluice("lab", "fault", ...dir, ...fault))),
    order: (what) => order(folder, what),
    polls: (session) => readPolls(pollLog(folder, session)),
    async down() {
      if (isLab(folder)) await stopLab(folder);
      rmSync(parent, { recursive: true });
    },
  };
}
