import type { Outcome } from "../faults/matrix.ts";

/** Something that goes wrong where the firewall is a machine of its own, when, and what comes of it. */
export interface GuestRow {
  readonly when: string;
  readonly what: string;
  readonly outcome: Outcome;
  /** It is tried in each run of the suite, also without SLUICE_FAULTS. */
  readonly always?: true;
}

const soak = "soak";
const back: Outcome = { stage: "previous", apply: 3 };

/** What namespaces cannot show: they have the machine's clock and kernel, and nothing of theirs outlives them. */
export const guestRows = {
  skewed: {
    when: "preflight",
    what: "its kernel's clock is a day ahead, then a day behind",
    outcome: { stage: "previous", apply: 1 },
    always: true,
  },
  clock: {
    when: soak,
    what: "its kernel's clock jumps a day ahead, then two days back, and apply is killed",
    outcome: { stage: "previous", apply: "killed" },
  },
  pause: {
    when: soak,
    what: "the whole machine stands still for longer than the lease, as when a hypervisor moves it",
    outcome: back,
  },
  power: { when: soak, what: "its power fails", outcome: back },
  persisted: {
    when: "done",
    what: "its power fails",
    outcome: { stage: "confirmed", apply: 0 },
    always: true,
  },
} as const satisfies Readonly<Record<string, GuestRow>>;
