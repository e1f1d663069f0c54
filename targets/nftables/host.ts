import { sha256 } from "../../src/digest.ts";
import type { CommandResult, Session } from "../../src/session.ts";
import { DriverError } from "../../src/target.ts";
import { basename, dirname } from "./paths.ts";
import { readFileScript, removeFileScript, writeFileScript } from "./scripts.ts";

/** Loading a large ruleset on a small machine takes its time. */
const nftTimeoutMs = 60_000;

/** What the driver needs of a host: nft with text on standard input, fixed scripts, files. */
export interface Host {
  /** Runs nft transactions; resolves with the complaint of nft, or undefined when it was accepted. */
  load(text: string, ...flags: readonly string[]): Promise<string | undefined>;
  /** As `load`, where a refusal is not an answer that the caller can use. @throws {DriverError} */
  mustLoad(text: string, what: string): Promise<void>;
  /** Runs a command and gives its output. @throws {DriverError} when it fails, naming `what` could not be done. */
  output(what: string, argv: readonly string[], stdin?: string): Promise<string>;
  try(argv: readonly string[], stdin?: string): Promise<CommandResult>;
  readFile(path: string): Promise<string | undefined>;
  /** Resolves with the SHA-256 read back, in hex. */
  writeFile(path: string, content: string, mode: "600" | "644"): Promise<string>;
  removeFile(path: string): Promise<void>;
}

/** The words of a script run with arguments. */
export const script = (text: string, ...words: readonly string[]): readonly string[] => [
  "sh",
  "-c",
  text,
  "sh",
  ...words,
];

export function host(session: Session): Host {
  const attempt: Host["try"] = (argv, stdin) =>
    session.run(argv, { timeoutMs: nftTimeoutMs, ...(stdin === undefined ? {} : { stdin }) });
  const output: Host["output"] = async (what, argv, stdin) => {
    const result = await attempt(argv, stdin);
    if (result.code === 0) return result.stdout;
    throw new DriverError(`the host could not ${what}: ${complaint(result)}`);
  };
  const load: Host["load"] = async (text, ...flags) => {
    const result = await attempt(["nft", ...flags, "-f", "-"], text);
    return result.code === 0 ? undefined : complaint(result);
  };
  return {
    load,
    output,
    try: attempt,
    async mustLoad(text, what) {
      const refusal = await load(text);
      if (refusal !== undefined) throw new DriverError(`the host could not ${what}: ${refusal}`);
    },
    async readFile(path) {
      const result = await attempt(script(readFileScript, path));
      if (result.code !== 0) throw new DriverError(`the host could not read ${path}: ${complaint(result)}`);
      return result.stderr.trimEnd().endsWith("absent") ? undefined : result.stdout;
    },
    async writeFile(path, content, mode) {
      const words = script(writeFileScript, dirname(path), basename(path), mode, sha256(content));
      return (await output(`write ${path}`, words, content)).slice(0, 64);
    },
    async removeFile(path) {
      await output(`remove ${path}`, script(removeFileScript, dirname(path), basename(path)));
    },
  };
}

/** What a command says about its failure. */
export const complaint = (result: CommandResult): string =>
  (result.stderr.trim() || result.stdout.trim() || `exit code ${result.code}`).slice(0, 2_000);
