import type { State } from "../../rollout/machine.ts";
import { type Context, exitCodes } from "../context.ts";

/** What the end of a change means to whoever called the command. */
export function exitCodeOf(state: State): number {
  switch (state.kind) {
    case "done":
      return exitCodes.done;
    case "refused":
      return exitCodes.failed;
    case "verified-back":
      return exitCodes.abortedAndBack;
    case "confirmed-not-persisted":
      return exitCodes.notPersisted;
    default:
      return exitCodes.unproven;
  }
}

/** Whether the firewall was there at the end of a change; a refused one may not even have reached it. */
export const isReachable = ({ kind }: State): boolean => kind !== "refused" && kind !== "revert-unproven";

/** Prints the end of a change as one document, where asked for, and sets the exit code. */
export function conclude(context: Context, plan: string, state: State, format: "human" | "json"): void {
  if (format === "json") {
    const { kind, ...details } = state;
    const document = { schema: "sluice/rollout", version: 1, plan, state: kind, ...details };
    context.process.stdout.write(`${JSON.stringify(document, undefined, 2)}\n`);
  }
  context.process.exitCode = exitCodeOf(state);
}
