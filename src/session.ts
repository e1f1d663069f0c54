/** What a command did on the far host. Output is text as UTF-8, whole, bounded by the implementation. */
export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * A way to run commands on a firewall. `argv` is a list of words: the implementation quotes each one, so that a
 * word never becomes shell syntax. Rejects only when the wire is broken (connection lost, timeout), with
 * `SessionError`; a command that fails resolves with its exit code.
 */
export interface Session {
  run(
    argv: readonly string[],
    options?: { readonly stdin?: string; readonly timeoutMs?: number },
  ): Promise<CommandResult>;
  close(): Promise<void>;
}

/** `privilege`: the host lets nobody do anything there, and nothing was done. */
export type SessionFault = "unreachable" | "host-key" | "authentication" | "privilege" | "lost" | "timeout";

/** The wire broke; unless its fault says otherwise, what happened on the far side is not known. */
export class SessionError extends Error {
  readonly fault: SessionFault;
  constructor(fault: SessionFault, message: string) {
    super(message);
    this.name = "SessionError";
    this.fault = fault;
  }
}
