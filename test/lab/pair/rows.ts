import { type PairBench, reboot } from "../../support/pair-bench.ts";

/** What may go wrong between the engineer and a pair, or in it, and how it is put right. */
interface Fault {
  readonly name: string;
  strike(bench: PairBench): void;
  mend?(bench: PairBench): void;
}

const cutTo = (name: string, ...members: readonly (0 | 1)[]): Fault => ({
  name: `the engineer's cable to ${name} is cut, nobody is told`,
  strike: ({ cables }) => {
    for (const index of members) cables[index].pull();
  },
  mend: ({ cables }) => {
    for (const index of members) cables[index].plug();
  },
});

const faults = {
  standby: cutTo("the standby", 1),
  primary: cutTo("the primary", 0),
  both: cutTo("both", 0, 1),
  failover: {
    name: "the addresses move to the standby, and an ha-event criterion looks",
    strike: ({ peers }) => peers.failover(1),
    mend: ({ peers }) => peers.failover(0),
  },
  reboot: { name: "the standby reboots", strike: (bench) => reboot(bench, 1) },
} as const satisfies Readonly<Record<string, Fault>>;

/** Where the changes of a pair stand when something goes wrong: a member's change has come to a state, by the journal. */
interface Moment {
  readonly name: string;
  readonly firewall: "fw1" | "fw2";
  readonly state: string;
  /** The change confirms itself when its soak is over. */
  readonly confirms?: true;
}

const moments = {
  standby: { name: "the standby is on trial and the primary is not", firewall: "fw2", state: "soaked" },
  both: { name: "both are on trial", firewall: "fw1", state: "soak" },
  confirmed: { name: "the primary is confirmed", firewall: "fw1", state: "confirmed", confirms: true },
  following: {
    name: "the standby is confirmed too, its boot file not written",
    ...{ firewall: "fw2", state: "confirmed", confirms: true },
  },
} as const satisfies Readonly<Record<string, Moment>>;

/** The stage of the primary and of the standby afterwards. */
type Stages = readonly ["monitor" | "enforce", "monitor" | "enforce"];
const bothBack: Stages = ["monitor", "monitor"];
const bothDone: Stages = ["enforce", "enforce"];
const split: Stages = ["enforce", "monitor"];

export interface Row {
  readonly moment: keyof typeof moments;
  readonly fault: keyof typeof faults;
  /** Of apply. */
  readonly code: 0 | 3 | 4;
  readonly stages: Stages;
  /** Seconds until a trial may be over that is not left alone: a login that nobody answers is given up after 15. */
  readonly within?: number;
  /** What apply says, of the standby and then of the primary. */
  readonly says: RegExp;
  /** Played in each run, not only where all are asked for. */
  readonly always?: true;
}

export const momentOf = ({ moment }: Row): Moment => moments[moment];
export const faultOf = ({ fault }: Row): Fault => faults[fault];

const lost = "is lost|cannot reach|closed|not finish";
const standbyLost = new RegExp(
  `on fw2 to enforce: back: .*(${lost})[\\s\\S]*on fw1 to enforce: .*the standby fw2 goes back`,
);
const primaryLost = new RegExp(
  `on fw2 to enforce: back: .*the primary fw1[\\s\\S]*on fw1 to enforce: .*(${lost})`,
);
const everyLost = /on fw2 to enforce: back: [\s\S]*on fw1 to enforce: (back|refused)/;
const everyDone = /on fw2 to enforce: done\n[\s\S]*on fw1 to enforce: done\n/;
const splitSaid = /on fw2 to enforce: back: [\s\S]*on fw1 to enforce: done\n/;

/** What comes of each fault, at each moment at which it makes a difference. */
export const rows: readonly Row[] = [
  {
    moment: "standby",
    fault: "standby",
    code: 3,
    stages: bothBack,
    says: /on fw2 to enforce: back: [\s\S]*on fw1 to enforce: refused, nothing was changed:\n.*the standby fw2 goes back/,
  },
  {
    moment: "standby",
    fault: "primary",
    within: 25,
    code: 3,
    stages: bothBack,
    says: /on fw2 to enforce: back: .*the primary fw1: refused[\s\S]*on fw1 to enforce: refused/,
  },
  { moment: "standby", fault: "both", code: 3, stages: bothBack, says: everyLost },
  { moment: "both", fault: "standby", code: 3, stages: bothBack, says: standbyLost },
  { moment: "both", fault: "primary", code: 3, stages: bothBack, says: primaryLost },
  { moment: "both", fault: "both", code: 3, stages: bothBack, says: everyLost },
  {
    moment: "both",
    fault: "failover",
    code: 3,
    stages: bothBack,
    says: /on fw2 to enforce: back: [\s\S]*on fw1 to enforce: back: .*/,
  },
  {
    moment: "both",
    fault: "reboot",
    code: 3,
    stages: bothBack,
    says: /on fw2 to enforce: back: [\s\S]*on fw1 to enforce: back: .*the standby fw2 goes back/,
  },
  { moment: "confirmed", fault: "primary", code: 0, stages: bothDone, says: everyDone },
  { moment: "following", fault: "standby", code: 0, stages: bothDone, says: everyDone },
  { moment: "following", fault: "primary", code: 0, stages: bothDone, says: everyDone },
  { moment: "confirmed", fault: "both", code: 4, stages: split, says: splitSaid },
  { moment: "confirmed", fault: "standby", code: 4, stages: split, says: splitSaid, always: true },
];
