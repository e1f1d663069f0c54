import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Lab, startTestLab } from "../lab-fixture.ts";
import { configureHost } from "./host.ts";
import { type Machine, startMachine } from "./machine.ts";
import { layOutSystem, run } from "./system.ts";

/** A lab whose firewall is a machine of its own: its own kernel, clock, disk and init system. */
export interface GuestLab extends Lab {
  readonly machine: Machine;
}

/** Starts a lab, and puts a virtual machine in the place of its firewall. `words` are flags of `sluice lab up`. */
export async function startGuestLab(...words: readonly string[]): Promise<GuestLab> {
  const lab = await startTestLab(...words);
  try {
    const machine = await startMachine(lab.folder, makeDisk(lab));
    return {
      ...lab,
      machine,
      console: machine.console,
      order: (what) => (what.do === "reboot" ? machine.reset() : lab.order(what)),
    };
  } catch (error) {
    await lab.down();
    throw error;
  }
}

/** An ext4 file system of its own, in the lab's folder. */
function makeDisk({ folder }: Lab): string {
  const root = mkdtempSync(join(tmpdir(), "sluice-guest-"));
  try {
    layOutSystem(root);
    configureHost(root, folder);
    const disk = join(folder.root, "guest.img");
    writeFileSync(disk, "");
    truncateSync(disk, 512 * 1024 * 1024);
    run("mke2fs", "-q", "-F", "-t", "ext4", "-d", root, disk);
    return disk;
  } finally {
    rmSync(root, { recursive: true });
  }
}
