import { printable } from "../../diagnostics/printable.ts";
import type { Plan } from "../../plan/plan.ts";
import { describe } from "../../rollout/trial/describe.ts";
import type { Ending } from "../../rollout/trial/machine.ts";
import { isChanged } from "../../rollout/trial/pair.ts";
import { type Context, exitCodes } from "../context.ts";
import { rolloutDocument, rolloutsDocument } from "../documents/change.ts";
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

interface Concluded {
  readonly path: string;
  readonly plan: Plan;
  /** Absent when it was not begun. */
  readonly end: Ending | undefined;
}

/** The same for several plans: what was done, what was not, and the worst of it as the exit code. */
export function concludeAll(context: Context, all: readonly Concluded[], format: "human" | "json"): void {
  if (format === "json") {
    printDocument(context, rolloutsDocument, {
      rollouts: all.flatMap(({ plan, end }) => {
        if (!end) return [];
        const { kind, ...details } = end;
        return [{ plan: plan.id, state: kind, ...details }];
      }),
      notBegun: all.flatMap(({ plan, end }) => (end ? [] : [plan.id])),
    });
  } else {
    for (const { path, plan, end } of all) {
      const what = end ? describe(end) : "NOT BEGUN, nothing was changed";
      const line = `${path}: ${plan.conduit} on ${plan.firewall.id} to ${plan.to}: ${what}`;
      context.process.stdout.write(`${line.split("\n").map(printable).join("\n")}\n`);
    }
  }
  const codes = all.flatMap(({ end }) => (end ? [exitCodeOf(end)] : []));
  const isSplit = all.some(
    ({ plan, end }) =>
      plan.pair &&
      isChanged(end) &&
      all.some(
        (other) =>
          other.plan.firewall.id === plan.pair?.peer &&
          other.plan.conduit === plan.conduit &&
          !isChanged(other.end),
      ),
  );
  context.process.exitCode = isSplit ? exitCodes.unproven : (worst.find((code) => codes.includes(code)) ?? 0);
}

/** What a human must know first. */
const worst = [exitCodes.unproven, exitCodes.notPersisted, exitCodes.abortedAndBack, exitCodes.failed];
