import type { Lab } from "./lab-fixture.ts";

/** Where a change stands when something goes wrong. */
export interface Moment {
  /** As in docs/rollout-states.md, with what is under way. */
  readonly state: string;
  /** What `sluice apply` tells when the moment has come; without it, a command on the firewall is held up. */
  readonly told?: string;
  readonly held?: { readonly when: "before" | "after"; readonly expression: string };
  /** What is held up goes on only after the lease has ended. */
  readonly late?: true;
  /** The change confirms itself when its soak is over. */
  readonly confirms?: true;
  /** What is done at first to get there. */
  readonly first?: "interrupt";
}

/** The lease of a trial, in its element; the drill has elements too, and none with both. */
export const starting = 'trial4 .*timeout 5000ms comment "plan:';

export const moments = {
  preflight: { state: "preflight", held: { when: "before", expression: "^nft -c -f -" } },
  loading: {
    state: "guarded, before loading",
    held: { when: "before", expression: "^add chain inet sluice t_" },
  },
  arming: {
    state: "guarded, before arming",
    held: { when: "before", expression: starting },
  },
  armed: {
    state: "guarded, armed and not told",
    held: { when: "after", expression: starting },
  },
  soak: { state: "soak", told: "soak: all criteria hold" },
  soaked: { state: "soaked", told: "soaked: ready" },
  confirming: {
    state: "confirming, and the firewall is slow",
    late: true,
    confirms: true,
    held: { when: "before", expression: 'comment "confirmed:' },
  },
  confirmed: {
    state: "confirming, done and not told",
    confirms: true,
    held: { when: "after", expression: 'comment "confirmed:' },
  },
  persisting: {
    state: "confirmed, before the boot file is in place",
    confirms: true,
    held: { when: "before", expression: "^mv .*nftables.d/sluice.nft" },
  },
  reverting: {
    state: "reverting, before the trial is ended",
    told: "soak: all criteria hold",
    first: "interrupt",
    held: { when: "before", expression: "timeout 60000ms comment" },
  },
} as const satisfies Readonly<Record<string, Moment>>;

/** Something that goes wrong, and how it is put right afterwards, for the next look. */
export interface Fault {
  readonly name: string;
  strike(lab: Lab, plan: string): Promise<unknown>;
  mend?(lab: Lab): Promise<unknown>;
  /** It is put right only when apply has ended. */
  readonly outlastsApply?: true;
  /** Permitted sessions miss polls by the fault itself, and nobody could help it. */
  readonly costsPolls?: true;
}

const console = (line: string) => (lab: Lab) => lab.console(line);
/** Our folders, each as a small disk of its own. */
const disks = "/var/lib/sluice /mnt/nftables.d";
/** Sluice is at work meanwhile: a file of its own may be gone before it is copied. */
const copyWords = `copy() {
  for attempt in 1 2 3 4 5; do if cp -a "$1/." "$2/"; then return; fi; sleep 0.1; done
  return 1
}
`;
const fillDisks = `set -e
${copyWords}for disk in ${disks}; do
  small=$(mktemp -d /run/small.XXXXXX)
  mount -t tmpfs -o size=2m none "$small"
  copy "$disk" "$small"
  mount --move "$small" "$disk"
  dd if=/dev/zero of="$disk/filler" bs=1k 2> /dev/null || true
done`;
const emptyDisks = `set -e
${copyWords}for disk in ${disks}; do
  rm "$disk/filler"
  copy=$(mktemp -d /run/copy.XXXXXX)
  copy "$disk" "$copy"
  umount "$disk"
  copy "$copy" "$disk"
done`;
const guardKill = "kill -9 $(cat /run/sluice/pid.*)";

export const faults = {
  kill: {
    name: "kill -9 of apply",
    strike: (lab, plan) => lab.on("laptop", `pkill -9 -f '[a]pply ${plan}'`),
  },
  cut: {
    name: "the link is cut, nobody is told",
    strike: (lab) => lab.order({ do: "cut-link" }),
    mend: (lab) => lab.order({ do: "mend-link" }),
  },
  sshd: {
    name: "sshd and all of its sessions end",
    strike: console("pkill -9 -x sshd; true"),
    mend: (lab) => lab.order({ do: "start-sshd" }),
  },
  reboot: {
    name: "the firewall reboots",
    strike: (lab) => lab.order({ do: "reboot" }),
    // A session whose answer was on its way is picked up from it, and the next plan would be refused for it.
    mend: (lab) => lab.console("conntrack -D -p tcp --orig-port-src 502 2> /dev/null; true"),
    costsPolls: true,
    outlastsApply: true,
  },
  disk: {
    name: "its disk is full",
    strike: console(fillDisks),
    mend: console(emptyDisks),
    outlastsApply: true,
  },
  helper: { name: "the second dead man is killed", strike: console(guardKill) },
  opened: {
    name: "somebody removes the rules of the trial",
    strike: console("nft flush map inet sluice trial4; nft flush map inet sluice trial6"),
  },
  second: {
    name: "a second engineer applies",
    strike: async (lab) => {
      const { code, stderr } = await lab.on("laptop", "sluice apply second.plan");
      if (code !== 1 || !/locked by|a trial of/.test(stderr))
        throw new Error(`not refused (${code}): ${stderr}`);
    },
  },
  criterion: {
    name: "a critical session falls silent",
    strike: (lab) => lab.order({ do: "freeze", host: "mes" }),
    mend: (lab) => lab.order({ do: "thaw", host: "mes" }),
  },
  late: { name: "a renewal comes after the lease", strike: async () => undefined },
} as const satisfies Readonly<Record<string, Fault>>;
