import type { Ending } from "../../rollout/machine.ts";
import { type Context, exitCodes } from "../context.ts";
import { rolloutDocument } from "../documents/change.ts";
import { printDocument } from "../documents/document.ts";

/** What the end of a change means to whoever called the command. */
export function exitCodeOf(state: Ending): number {
  switch (state.kind) {
    case "done":
      return exitCodes.done;
    case "refused":
      return exitCodes.failed;
    case "verified-back":
      return exitCodes.abortedAndBack;
    case "confirmed-not-persisted":
      return exitCodes.notPersisted;
    case "revert-unproven":
      return exitCodes.unproven;
  }
}

/** Whether the firewall was there at the end of a change; a refused one may not even have reached it. */
export const isReachable = ({ kind }: Ending): boolean => kind !== "refused" && kind !== "revert-unproven";

/** Prints the end of a change as one document, where asked for, and sets the exit code. */
export function conclude(context: Context, plan: string, state: Ending, format: "human" | "json"): void {
  if (format === "json") {
    const { kind, ...details } = state;
    printDocument(context, rolloutDocument, { plan, state: kind, ...details });
  }
  context.process.exitCode = exitCodeOf(state);
}
