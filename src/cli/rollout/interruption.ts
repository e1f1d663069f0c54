/**
 * Runs something that Ctrl-C, a closing terminal or the end of the system ask to end in an orderly way: the signal is
 * given on the first of them, and the process stays until the work is done.
 */
export async function untilInterrupted<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const interruption = new AbortController();
  const names = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  const interrupt = (name: string): void =>
    interruption.abort(`ended by ${name === "SIGINT" ? "Ctrl-C" : name}`);
  for (const name of names) process.on(name, interrupt);
  try {
    return await work(interruption.signal);
  } finally {
    for (const name of names) process.off(name, interrupt);
  }
}
