import type { CommandContext } from "@stricli/core";

/** Everything of the outside world that a command may touch; tests pass their own. */
export interface Context extends CommandContext {
  readonly process: {
    readonly stdout: NodeJS.WriteStream;
    readonly stderr: NodeJS.WriteStream;
    readonly stdin: NodeJS.ReadStream;
    readonly env: Readonly<Partial<Record<string, string>>>;
    exitCode?: number | string | null;
  };
  /** The folder that relative paths start from. */
  readonly cwd: string;
  /** Wall clock, for records and windows; durations come from a monotonic clock. */
  now(): Date;
}

/** Exit codes, the same for every command. */
export const exitCodes = {
  done: 0,
  /** Findings or failure; nothing was changed. */
  failed: 1,
  /** The plan has changes (with --detailed-exitcode). */
  changes: 2,
  /** Aborted, and proven to be back in the previous stage. */
  abortedAndBack: 3,
  /** The state of a firewall is not proven: a human must look. */
  unproven: 4,
  /** Confirmed in the running firewall, but its boot file does not hold it. */
  notPersisted: 5,
  usage: 64,
} as const;

/** A failure that a command explains in one message: what happened, where, and how to mend it. */
export class CommandError extends Error {
  readonly exitCode: number;
  constructor(message: string, exitCode: number = exitCodes.failed) {
    super(message);
    this.name = "CommandError";
    this.exitCode = exitCode;
  }
}
