import { SessionError } from "../../session.ts";
import { DriverError } from "../../target.ts";
import { type Change, type Connection, type Outside, trialNote, trialNoteName } from "../change.ts";
import { describe } from "./describe.ts";
import { isRunning, type State } from "./machine.ts";

/** Tells a new state, and leaves word of it on the firewall for the session that confirms. */
export async function announce(
  { plan }: Change,
  state: State,
  connection: Connection | undefined,
  outside: Outside,
): Promise<void> {
  outside.tell(describe(state));
  const clock = (at: number): string =>
    new Date(outside.time().getTime() + (at - outside.now()) * 1000).toISOString();
  if (state.kind === "trial") {
    outside.tell(`the trial ends at ${clock(state.endsBy)} at the latest: ${state.limit}`);
  }
  if (state.kind === "reverting") {
    outside.tell(
      state.leaseEnds > outside.now()
        ? `the firewall returns to the previous stage by itself by ${clock(state.leaseEnds)} at the latest, whoever is connected`
        : `the lease ended at ${clock(state.leaseEnds)}: unless it was confirmed, the previous stage is what runs; that is now read`,
    );
  }
  if (!isRunning(state) || !connection) return;
  // The next renewal must not be too late for a note.
  connection.allow(plan.trial.lease / 3);
  try {
    await connection.driver.writeFile(trialNoteName, trialNote(plan.id, state.kind));
  } catch (error) {
    // The next renewal meets the same wire and says so to the machine.
    if (!(error instanceof SessionError || error instanceof DriverError)) throw error;
    outside.tell(`warning: the note for the confirming session was not written: ${error.message}`);
  }
}

/** How long before its end a trial says so, in seconds: time to look and decide, and to type. */
const warnings = [300, 60, 15];

/**
 * Whoever is to confirm hears in time how long that is possible. `warned` is how many seconds before its end the trial said
 * so last, or how many it had in all; what it is now is the answer.
 */
export function warnOfEnd(
  { endsBy, limit }: Extract<State, { readonly endsBy: number }>,
  warned: number,
  outside: Outside,
): number {
  const left = endsBy - outside.now();
  const passed = warnings.filter((seconds) => left <= seconds && seconds < warned);
  if (passed.length === 0 || left <= 0) return warned;
  outside.tell(`unless it is confirmed the trial ends in ${Math.ceil(left)} s: ${limit}`);
  return Math.min(...passed);
}
