import { setTimeout as sleep } from "node:timers/promises";
import { type Fault, killApply } from "../faults/faults.ts";
import { lease } from "../faults/site.ts";
import type { GuestLab } from "./guest-lab.ts";
import { guestRows } from "./rows.ts";

/** Seconds of a day. */
export const day = 24 * 60 * 60;

/** Sets the kernel's own clock of the day so many seconds ahead of this machine's. */
export const setClock = ({ console }: GuestLab, ahead: number): Promise<string> =>
  console(`date -s @${Math.round(Date.now() / 1000) + ahead}`);

/** What is done to the firewall of this lab while a trial soaks. */
export const guestFaults = (lab: GuestLab) =>
  ({
    clock: {
      name: guestRows.clock.what,
      async strike({ plan, platform }) {
        await setClock(lab, day);
        await sleep(1000 * lease);
        // A lease kept by this clock would have ended, and so would any that is not renewed.
        if (!(await platform.trialRuns(lab))) throw new Error("the trial ended as the clock jumped ahead");
        await setClock(lab, -day);
        await lab.on("laptop", killApply(plan));
      },
    },
    pause: {
      name: guestRows.pause.what,
      async strike() {
        await lab.machine.pause();
        await sleep(1000 * (lease + 3));
        await lab.machine.resume();
      },
      costsPolls: true,
      outlastsApply: true,
    },
    power: { name: guestRows.power.what, strike: lab.machine.reset, costsPolls: true, outlastsApply: true },
  }) as const satisfies Readonly<Record<string, Fault>>;
