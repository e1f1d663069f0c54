import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Lab } from "../lab-fixture.ts";
import { emptyDisks, fillDisks } from "./disks.ts";
import type { Platform } from "./platforms.ts";
import { makePlan, signalFile } from "./site.ts";

/** Where a fault strikes: a lab, what its firewall is, and the plan that is applied. */
export interface Scene {
  readonly lab: Lab;
  readonly platform: Platform;
  readonly plan: string;
}

/** Something that goes wrong, and how it is put right afterwards, for the next look. */
export interface Fault {
  readonly name: string;
  /** What must be in place before the change begins. */
  prepare?(scene: Scene): Promise<unknown>;
  strike(scene: Scene): Promise<unknown>;
  mend?(scene: Scene): Promise<unknown>;
  /** It is put right only when apply has ended. */
  readonly outlastsApply?: true;
  /** Permitted sessions miss polls by the fault itself, and nobody could help it. */
  readonly costsPolls?: true;
}

/** Somebody else's plan for the same conduit. */
const secondPlan = "second.plan";

/** Ends every apply of a plan at once, as a power cut of the laptop does. */
export const killApply = (plan: string): string => `pkill -9 -f '[a]pply ${plan}'`;

type InLab = Pick<Scene, "lab">;
const say = ({ lab }: InLab, word: string): void =>
  writeFileSync(join(lab.folder.site, signalFile), `${word}\n`);
export const sayNothing = ({ lab }: InLab): void => rmSync(join(lab.folder.site, signalFile));
export const sayOk = (scene: InLab): void => say(scene, "ok");

/** Runs a line of the laptop that must be refused for a reason. */
async function refused({ lab }: Scene, line: string, why: RegExp): Promise<void> {
  const { code, stderr } = await lab.on("laptop", line);
  if (code !== 1 || !why.test(stderr)) throw new Error(`${line} was not refused (${code}): ${stderr}`);
}

/** Debian's libfaketime, wherever this architecture has it. */
const clockLibrary = readdirSync("/usr/lib")
  .map((folder) => join("/usr/lib", folder, "faketime/libfaketime.so.1"))
  .find((file) => existsSync(file));
export const missingForClock = clockLibrary === undefined ? "libfaketime" : undefined;
/** The clock of the day as programs see it, by a file that may change while they run; the monotonic one is left alone. */
export const clockWords = (file: string): string =>
  `LD_PRELOAD=${clockLibrary} FAKETIME_TIMESTAMP_FILE=${file} FAKETIME_NO_CACHE=1 FAKETIME_DISABLE_SHM=1 DONT_FAKE_MONOTONIC=1`;
export const laptopClock = ({ lab }: InLab): string => join(lab.folder.root, "laptop-clock");

/** Every program of an SSH session sees another clock from now on, or the machine's own. */
async function setClock({ lab }: Scene, words: string): Promise<void> {
  writeFileSync(join(lab.folder.disk, "clock"), "+0\n");
  const file = join(lab.folder.disk, "sshd_config");
  const config = readFileSync(file, "utf8");
  writeFileSync(file, config.replace(/^(SetEnv \S+).*$/m, `$1 ${words}`));
  await lab.console("pkill -9 -x sshd; true");
  await lab.order({ do: "start-sshd" });
}

/** In the drill there is one of its own, which takes a moment to start. */
const killGuard = `for attempt in $(seq 100); do
  if pkill -9 -f 'sh /run/sluice/[^ ]*guard[.]sh'; then exit 0; fi
  sleep 0.05
done
exit 1`;

export const faults = {
  kill: {
    name: "kill -9 of apply",
    strike: ({ lab, plan }) => lab.on("laptop", killApply(plan)),
  },
  cut: {
    name: "the link is cut, nobody is told",
    strike: ({ lab }) => lab.order({ do: "cut-link" }),
    mend: ({ lab }) => lab.order({ do: "mend-link" }),
  },
  sshd: {
    name: "sshd and all of its sessions end",
    strike: ({ lab }) => lab.console("pkill -9 -x sshd; true"),
    mend: ({ lab }) => lab.order({ do: "start-sshd" }),
  },
  reboot: {
    name: "the firewall reboots",
    strike: ({ lab }) => lab.order({ do: "reboot" }),
    costsPolls: true,
    outlastsApply: true,
  },
  disk: {
    name: "its disk is full",
    strike: ({ lab, platform }) => lab.console(fillDisks(platform.folders)),
    mend: ({ lab, platform }) => lab.console(emptyDisks(platform.folders)),
    outlastsApply: true,
  },
  helper: {
    name: "the second dead man is killed",
    strike: ({ lab }) => lab.console(killGuard),
  },
  opened: {
    name: "somebody removes the rules of the trial",
    strike: ({ lab, platform }) => lab.console(platform.open),
  },
  meddled: {
    name: "somebody changes rules that are not ours",
    strike: ({ lab, platform }) => lab.console(platform.meddle),
    mend: ({ lab, platform }) => lab.console(platform.unmeddle),
    outlastsApply: true,
  },
  clock: {
    name: "the firewall's clock jumps by 400 days",
    prepare: (scene) => setClock(scene, clockWords("/mnt/clock")),
    strike: async ({ lab }) => writeFileSync(join(lab.folder.disk, "clock"), "+400d\n"),
    mend: (scene) => setClock(scene, ""),
    outlastsApply: true,
  },
  laptop: {
    name: "the laptop's clock jumps by 400 days",
    prepare: async (scene) => writeFileSync(laptopClock(scene), "+0\n"),
    strike: async (scene) => writeFileSync(laptopClock(scene), "+400d\n"),
    mend: async (scene) => writeFileSync(laptopClock(scene), "+0\n"),
    outlastsApply: true,
  },
  second: {
    name: "a second engineer applies",
    // It is refused each time, and so never used.
    prepare: async ({ lab }) => {
      if (!existsSync(join(lab.folder.site, secondPlan))) await makePlan(lab, "enforce", secondPlan);
    },
    strike: (scene) =>
      refused(scene, `sluice apply ${secondPlan}`, /locked by|a trial of|not as it was|MiB left/),
  },
  silent: {
    name: "a critical session falls silent",
    strike: ({ lab }) => lab.order({ do: "freeze", host: "mes" }),
    mend: ({ lab }) => lab.order({ do: "thaw", host: "mes" }),
    outlastsApply: true,
    costsPolls: true,
  },
  signal: {
    name: "somebody outside says stop",
    strike: async (scene) => say(scene, "stop"),
    mend: async (scene) => sayOk(scene),
    outlastsApply: true,
  },
  confirmed: {
    name: "somebody outside says stop, and the engineer confirms a moment too late",
    async strike(scene) {
      say(scene, "stop");
      while (await scene.platform.trialRuns(scene.lab));
      await refused(scene, `sluice confirm ${scene.plan}`, /no trial of this plan runs/);
    },
    mend: async (scene) => sayOk(scene),
    outlastsApply: true,
  },
  abort: {
    name: "an approver aborts from another terminal",
    strike: ({ lab }) => lab.engineer("SLUICE_IDENTITY=../keys/olaf sluice abort fw1"),
  },
  late: {
    name: "a renewal comes after the lease",
    strike: async () => undefined,
  },
} as const satisfies Readonly<Record<string, Fault>>;

export type FaultName = keyof typeof faults;
