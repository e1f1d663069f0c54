import type { CommandResult, Session } from "../../src/session.ts";
import { DriverError } from "../../src/target.ts";
import { applyScript } from "./apply.ts";
import { readFileScript, writeFileScript } from "./scripts.ts";

/** Generating and loading pfSense's rules takes tens of seconds on a small machine. */
const timeoutMs = 120_000;

/** What the driver needs of a pfSense host: fixed scripts with words, text on standard input, files. */
export interface Host {
  try(argv: readonly string[], stdin?: string): Promise<CommandResult>;
  /** Runs a command and gives its output. @throws {DriverError} when it fails, naming what could not be done. */
  output(what: string, argv: readonly string[], stdin?: string): Promise<string>;
  readFile(path: string): Promise<string | undefined>;
  /** Resolves with the SHA-256 read back, in hex. */
  writeFile(path: string, content: string): Promise<string>;
  /** Applies a configuration through pfSense itself. @throws {DriverError} */
  apply(order: ApplyOrder): Promise<void>;
}

/** What the PHP of `apply.ts` reads. */
export interface ApplyOrder {
  readonly base: string;
  readonly config: string;
  readonly trackers: Readonly<Record<string, number>>;
  readonly note: string;
}

/** The words of a script run with arguments. */
export const script = (text: string, ...args: readonly string[]): readonly string[] => [
  "sh",
  "-c",
  text,
  "sh",
  ...args,
];

export function host(session: Session): Host {
  const attempt: Host["try"] = (argv, stdin) =>
    session.run(argv, { timeoutMs, ...(stdin === undefined ? {} : { stdin }) });
  const output: Host["output"] = async (what, argv, stdin) => {
    const result = await attempt(argv, stdin);
    if (result.code === 0) return result.stdout;
    throw new DriverError(`the host could not ${what}: ${complaint(result)}`);
  };
  return {
    try: attempt,
    output,
    async readFile(path) {
      const result = await attempt(script(readFileScript, path));
      if (result.code !== 0) throw new DriverError(`the host could not read ${path}: ${complaint(result)}`);
      return result.stderr.trimEnd().endsWith("absent") ? undefined : result.stdout;
    },
    async writeFile(path, content) {
      const at = path.lastIndexOf("/");
      const words = script(writeFileScript, path.slice(0, at), path.slice(at + 1));
      return (await output(`write ${path}`, words, content)).slice(0, 64);
    },
    async apply(order) {
      await output("apply the configuration", ["php", "-r", applyScript], JSON.stringify(order));
    },
  };
}

export const complaint = (result: CommandResult): string =>
  (result.stderr.trim() || result.stdout.trim() || `exit code ${result.code}`).slice(0, 2_000);
