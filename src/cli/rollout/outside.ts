import { randomBytes } from "node:crypto";
import { setTimeout as timer } from "node:timers/promises";
import { printable, printableLines } from "../../diagnostics/printable.ts";
import type { Plan } from "../../plan/plan.ts";
import { type Outside, RecordError } from "../../rollout/change.ts";
import { CommandError, type Context } from "../context.ts";
import type { Actor } from "./actor.ts";
import { reach } from "./firewall.ts";
import { appendJournal } from "./journal-file.ts";
import { openTcp } from "./open-tcp.ts";
import { askSignal } from "./signal.ts";
import { typedLines } from "./typed-lines.ts";
import { wakingClock } from "./waking-clock.ts";

/** A name that no other session has. */
export const sessionName = (): string => `session-${randomBytes(4).toString("hex")}`;

/** The world around one rollout: clocks, wire, journal, terminal, and the operator's Ctrl-C. */
export function outsideOf(
  context: Context,
  folder: string,
  plan: Plan,
  actor: Actor,
  interruption: AbortSignal,
  exercised: () => ReadonlySet<string> = () => new Set(),
  takeOver: "at once" | "when asked" = "when asked",
): Outside {
  // A silent wire is given up well before the lease that it must renew ends.
  const keepaliveMs = Math.min(5_000, Math.max(300, (plan.trial.lease * 1000) / 6));
  return {
    now: wakingClock(),
    probe: openTcp,
    signal: (signal) => askSignal(folder, signal),
    exercised,
    time: () => context.now(),
    async sleep(seconds) {
      try {
        await timer(seconds * 1000, undefined, { signal: interruption });
      } catch (error) {
        if ((error as Error).name !== "AbortError") throw error;
        // Who was interrupted once goes on working at its own pace: what follows is the way back.
        await timer(Math.min(seconds, 0.2) * 1000);
      }
    },
    abortReason: () => (interruption.aborted ? String(interruption.reason) : undefined),
    mayTakeOver: async (lock) => takeOver === "at once" || askTakeOver(context, lock, interruption),
    connect: () => reach(plan.firewall, actor.identity, keepaliveMs),
    record: (action, details) =>
      appendJournal(folder, [
        {
          time: context.now().toISOString(),
          actor: actor.person.id,
          action,
          plan: plan.id,
          firewall: plan.firewall.id,
          conduit: plan.conduit,
          details,
        },
      ]).catch((error: unknown) => {
        throw error instanceof CommandError ? new RecordError(error.message) : error;
      }),
    tell: (line) => {
      const time = context.now().toISOString().slice(11, 19);
      context.process.stderr.write(`${time} ${printableLines(line)}\n`);
    },
  };
}

/** Only a person at a terminal is asked, and only the whole word is a yes. */
async function askTakeOver({ process }: Context, lock: string, signal: AbortSignal): Promise<boolean> {
  const { stdin, stderr } = process as NodeJS.Process;
  if (!stdin.isTTY || !stderr.isTTY || signal.aborted) return false;
  stderr.write(
    `The firewall is locked by ${printable(lock)}.\n` +
      'What they do ends now when you type "take over", and the journal says that you did.\n' +
      "Anything else, or Ctrl-C, leaves everything as it is: ",
  );
  let stop = (): void => undefined;
  const answer = await new Promise<string | undefined>((resolve) => {
    stop = typedLines(stdin, resolve, () => resolve(undefined));
    signal.addEventListener("abort", () => resolve(undefined), { once: true });
  });
  stop();
  if (answer === undefined) stderr.write("\n");
  return answer === "take over";
}
