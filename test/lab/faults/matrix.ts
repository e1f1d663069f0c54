import type { FirewallTarget } from "../../../src/lab/firewall-kind.ts";
import type { FaultName } from "./faults.ts";
import type { MomentName } from "./moments.ts";

/** What comes of a fault at a moment. */
export interface Outcome {
  /** The stage that the firewall is in afterwards: the one before the trial, or the one that was confirmed. */
  readonly stage: "previous" | "confirmed";
  /** Exit code of apply; or it was killed; or nothing comes of it, and the trial goes on until Ctrl-C. */
  readonly apply: 0 | 1 | 3 | 5 | "killed" | "goes on";
}

const killed: Outcome = { stage: "previous", apply: "killed" };
const refused: Outcome = { stage: "previous", apply: 1 };
const back: Outcome = { stage: "previous", apply: 3 };
const goesOn: Outcome = { stage: "previous", apply: "goes on" };
const done: Outcome = { stage: "confirmed", apply: 0 };
const notPersisted: Outcome = { stage: "confirmed", apply: 5 };
/** What was confirmed was not persisted yet, so a reboot leads to the stage before. */
const rebooted: Outcome = { stage: "previous", apply: 5 };

/** What comes of each fault at each moment, or why there is nothing to try. */
type Row = Readonly<Record<FaultName, Outcome | string>>;

const noTrial = "no trial runs yet";
const noGuard = "none waits yet";
const noLease = "nothing is renewed then";
const noAnswer = "nobody there to be asked: apply has ended";
const asInSoak = "the same code as in soak";
const asPreflight = "the same code as in preflight";
const asLoading = "the same code as before loading";
const asCut = "the same to apply as a link that is cut";
const notAsked = "no criterion is asked any more";
const decided = "nothing looks at it any more";
const itself = "that is this moment";

export const matrix: Readonly<Record<MomentName, Row>> = {
  preflight: {
    ...{ kill: killed, cut: refused, sshd: asCut, reboot: refused, disk: back, helper: noGuard },
    ...{ opened: noTrial, meddled: refused, clock: asInSoak, laptop: asInSoak, second: goesOn },
    ...{ silent: "as what an outside signal says: asked beforehand", signal: refused, confirmed: noTrial },
    ...{ abort: noTrial, late: noLease },
  },
  drill: {
    ...{ kill: killed, cut: refused, sshd: asCut, reboot: refused, disk: asPreflight, helper: refused },
    ...{ opened: noTrial, meddled: back, clock: asInSoak, laptop: asInSoak, second: asPreflight },
    ...{ silent: asLoading, signal: asLoading, confirmed: noTrial, abort: noTrial, late: noLease },
  },
  loading: {
    ...{ kill: killed, cut: back, sshd: asCut, reboot: back, disk: asInSoak, helper: back },
    ...{ opened: noTrial, meddled: asInSoak, clock: asInSoak, laptop: asInSoak, second: asPreflight },
    ...{ silent: asInSoak, signal: back, confirmed: noTrial, abort: goesOn, late: noLease },
  },
  arming: {
    ...{ kill: killed, cut: back, sshd: asLoading, reboot: asLoading, disk: asLoading, helper: asLoading },
    ...{ opened: noTrial, meddled: asLoading, clock: asLoading, laptop: asLoading, second: asLoading },
    ...{ silent: asLoading, signal: asLoading, confirmed: noTrial, abort: asLoading, late: noLease },
  },
  armed: {
    ...{ kill: killed, cut: back, sshd: asCut, reboot: back, disk: asInSoak, helper: asLoading },
    ...{ opened: back, meddled: asInSoak, clock: asInSoak, laptop: asInSoak, second: asInSoak },
    ...{ silent: asInSoak, signal: asInSoak, confirmed: noTrial, abort: back, late: asInSoak },
  },
  soak: {
    ...{ kill: killed, cut: back, sshd: back, reboot: back, disk: goesOn, helper: back },
    ...{ opened: back, meddled: back, clock: goesOn, laptop: goesOn, second: goesOn },
    ...{ silent: back, signal: back, confirmed: "the soak is not over: refused", abort: back, late: back },
  },
  holding: {
    ...{ kill: killed, cut: back, sshd: asInSoak, reboot: asInSoak, disk: asInSoak, helper: back },
    ...{ opened: asInSoak, meddled: back, clock: asInSoak, laptop: asInSoak, second: asInSoak },
    ...{ silent: asInSoak, signal: back, confirmed: asInSoak, abort: back, late: back },
  },
  soaked: {
    ...{ kill: killed, cut: back, sshd: asInSoak, reboot: asInSoak, disk: asInSoak, helper: back },
    ...{ opened: asInSoak, meddled: back, clock: asInSoak, laptop: asInSoak, second: asInSoak },
    ...{ silent: back, signal: asInSoak, confirmed: back, abort: asInSoak, late: back },
  },
  confirming: {
    ...{ kill: killed, cut: back, sshd: asCut, reboot: back, disk: asInSoak, helper: back },
    ...{ opened: back, meddled: decided, clock: asInSoak, laptop: asInSoak, second: back },
    ...{ silent: notAsked, signal: notAsked, confirmed: itself, abort: back, late: itself },
  },
  confirmed: {
    ...{ kill: { stage: "confirmed", apply: "killed" }, cut: done, sshd: asCut, reboot: back },
    ...{ disk: "the same code as before the boot file is in place", helper: "its work is over" },
    ...{
      opened: "there is no trial any more",
      meddled: decided,
      clock: decided,
      laptop: decided,
      second: done,
    },
    ...{ silent: notAsked, signal: notAsked, confirmed: notAsked, abort: done, late: noLease },
  },
  persisting: {
    ...{ kill: { stage: "confirmed", apply: "killed" }, cut: done, sshd: done, reboot: back },
    ...{ disk: notPersisted, helper: "it is disarmed", opened: "there is no trial any more" },
    ...{ meddled: decided, clock: decided, laptop: decided, second: asInSoak },
    ...{
      silent: notAsked,
      signal: notAsked,
      confirmed: notAsked,
      abort: "no trial runs any more",
      late: noLease,
    },
  },
  reverting: {
    ...{ kill: killed, cut: back, sshd: back, reboot: back, disk: asInSoak, helper: back },
    ...{ opened: asInSoak, meddled: decided, clock: asInSoak, laptop: asInSoak, second: asInSoak },
    ...{ silent: notAsked, signal: notAsked, confirmed: notAsked, abort: "the same step is under way" },
    ...{ late: noLease },
  },
  unpersisted: {
    ...{ kill: noAnswer, cut: noAnswer, sshd: noAnswer, reboot: rebooted, disk: "that is how it came to it" },
    ...{ helper: "it is disarmed", opened: "there is no trial any more", meddled: noAnswer, clock: noAnswer },
    ...{ laptop: noAnswer, second: notPersisted, silent: noAnswer, signal: noAnswer, confirmed: noAnswer },
    ...{ abort: "no trial runs any more", late: noLease },
  },
};

type Choice = Readonly<Partial<Record<MomentName, readonly FaultName[]>>>;

/** What is tried on iptables too: one or two of each kind of fault, at the moments where the two differ most. */
const onIptables: Choice = {
  drill: ["helper"],
  loading: ["cut"],
  soak: ["kill", "cut", "sshd", "reboot", "disk", "helper", "opened", "meddled", "second", "late"],
  soaked: ["signal", "abort"],
  confirming: ["cut"],
  confirmed: ["cut"],
  persisting: ["disk", "reboot"],
};

/** What each run of the suite tries: every fault, and every moment. The whole matrix takes more than twice the time. */
const inEachRun: Readonly<Record<FirewallTarget, Choice>> = {
  nftables: {
    preflight: ["cut", "meddled", "second"],
    drill: ["helper"],
    loading: ["reboot"],
    arming: ["kill"],
    armed: ["cut", "opened"],
    // A killed apply, a cut link and a reboot in the soak are in test/lab/rollout.test.ts.
    soak: ["sshd", "disk", "helper", "clock", "laptop", "silent", "signal", "abort", "late"],
    holding: ["kill"],
    soaked: ["confirmed"],
    confirming: ["cut", "abort"],
    confirmed: ["reboot"],
    persisting: ["disk"],
    reverting: ["cut"],
    unpersisted: ["reboot"],
  },
  iptables: {
    loading: ["cut"],
    soak: ["reboot", "helper", "late"],
    persisting: ["disk"],
  },
};

export const isInEachRun = (target: FirewallTarget, { moment, fault }: Cell): boolean =>
  inEachRun[target][moment]?.includes(fault) ?? false;

export interface Cell {
  readonly moment: MomentName;
  readonly fault: FaultName;
  readonly outcome: Outcome;
}

/** What is tried on a firewall. */
export function cells(target: FirewallTarget): readonly Cell[] {
  const all = Object.entries(matrix) as readonly [MomentName, Row][];
  return all.flatMap(([moment, row]) =>
    (Object.entries(row) as readonly [FaultName, Outcome | string][]).flatMap(([fault, outcome]) =>
      typeof outcome === "string" || (target === "iptables" && !onIptables[moment]?.includes(fault))
        ? []
        : [{ moment, fault, outcome }],
    ),
  );
}
