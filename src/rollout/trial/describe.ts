import { firingsText } from "../drill.ts";
import type { State } from "./machine.ts";

/** One line on where the change stands. */
export function describe(state: State): string {
  switch (state.kind) {
    case "approved":
      return "approved";
    case "preflight":
      return "preflight: comparing the firewall with the plan";
    case "drilled":
      return `drilled: ${firingsText(state.firings)}`;
    case "guarded":
      return "guarded: the second dead man waits on the firewall; arming";
    case "trial":
      return "trial: armed; it ends by itself unless it is renewed";
    case "soak":
      return "soak: all criteria hold";
    case "held":
      return `held: the soak stands still. ${state.reason}`;
    case "soaked":
      return "soaked: ready to be confirmed, from another session";
    case "confirming":
      return "confirming";
    case "confirmed":
      return state.by === "us" ? "confirmed in the running firewall" : "confirmed by another session";
    case "persisted":
      return "persisted: a reboot would load it";
    case "done":
      return "done";
    case "refused":
      return `refused, nothing was changed:\n${state.reasons.map((reason) => `  - ${reason}`).join("\n")}`;
    case "reverting":
      return `reverting: ${state.cause}`;
    case "reverted":
      return "reverted; reading from the firewall what runs now";
    case "verified-back":
      return `back: the previous stage is what runs (${state.cause})`;
    case "revert-unproven":
      return `NOT PROVEN: ${state.reason} (${state.cause})`;
    case "confirmed-not-persisted":
      return (
        `confirmed, ${state.boots ? "and a reboot loads it, but it is not among the known-goods" : "but a reboot would not load it"}: ` +
        `${state.reason}. Mend that, then finish it with "sluice confirm" and ` +
        "the same plan"
      );
  }
}
