import { sha256 } from "../../src/digest.ts";
import type { Session } from "../../src/session.ts";
import {
  type Driver,
  DriverError,
  type DriverPaths,
  type LeaseAnswer,
  type TrialOrder,
} from "../../src/target.ts";
import { refuseState } from "../held-state.ts";
import { createGuard, extensionOf, guardFolder, secondsBetween } from "../linux-guard/guard.ts";
import { probeAnswer, probeScript, readingsScript, readReadings } from "../linux-readings.ts";
import {
  endLines,
  endSessionCommand,
  endSessionsScript,
  readSessions,
  sessionsScript,
} from "../linux-sessions.ts";
import { bootScript, bootText, byHand } from "./boot.ts";
import {
  armChange,
  collision,
  confirmChange,
  disarmChange,
  loadChange,
  lockChange,
  removeAll,
  restoreChange,
  unlockChange,
} from "./changes.ts";
import { drainList, drains } from "./conduit.ts";
import { emit } from "./emit.ts";
import { readFacts, rehearse } from "./facts.ts";
import { folderOf, readFile, removeFile, writeFile } from "./files.ts";
import { createHost, inNamespace, type ListStep, readSnapshot, type Snapshot } from "./host.ts";
import { withoutOwn } from "./listing.ts";
import { readCounters } from "./log.ts";
import { leaseList, lockList } from "./names.ts";
import { lockIn, rememberedAsConfirmed } from "./notes.ts";
import { drainsOfTrial, ownState, runningTrial } from "./own-state.ts";
import type { Change } from "./restore.ts";
import { stateLine, withoutSetRules } from "./ruleset.ts";
import {
  checkScript,
  drillScript,
  endScript,
  foreignScript,
  previewScript,
  renewScript,
  undoing,
} from "./scripts.ts";

/** Known-goods and used plans live here on the host. */
const stateFolder = "/var/lib/sluice";
/** Beside them, so that a known-good can be loaded by hand. */
const loader = `${stateFolder}/loader`;

/** The lock is kept this long after a confirm, for the boot file to be written. */
const persistSeconds = 120;

/** The lock is kept this long after a trial was ended, to read what remains. */
const disarmSeconds = 60;

/** `-m recent` counts whole seconds. A lease ends rather early than late; a lock, whose end is ours to note, rather late. */
const wholeLease = (seconds: number): number => Math.max(1, Math.floor(seconds));
const wholeLock = (seconds: number): number => Math.ceil(seconds);

/** A step that somebody else's change overtakes is computed anew; so often, since changes are made by people. */
const attempts = 5;

/** The driver of a Linux host with iptables of either variant: state in the kernel, text on standard input, fixed scripts. */
export function createDriver(session: Session, paths: DriverPaths): Driver {
  const host = createHost(session);
  const guard = createGuard(undoing, host.try, (script, words) => host.try(inNamespace, [script, ...words]));

  /**
   * Makes a change on top of what is there now, however often that changes meanwhile. `lease` must still hold; `since` is
   * what was there a moment ago.
   */
  const change = async (
    what: string,
    make: (now: Snapshot) => { readonly change: Change; readonly lists?: readonly ListStep[] } | undefined,
    { lease, since }: { readonly lease?: string; readonly since?: Snapshot } = {},
  ): Promise<"done" | "ended" | "nothing"> => {
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      const now = attempt === 0 && since ? since : await host.snapshot();
      const step = make(now);
      if (step === undefined) return "nothing";
      const outcome = await host.commit(now, what, step.change, step.lists, lease);
      if (outcome !== "changed") return outcome;
    }
    throw new DriverError(`the host could not ${what}: its rules change all the time`);
  };
  const lockOf = ({
    listing,
    clock,
  }: Snapshot): { readonly holder: string; readonly secondsLeft: number } | undefined => {
    const lock = lockIn(listing);
    const secondsLeft = lock ? clock.secondsLeft(lock.list) : 0;
    return lock && secondsLeft > 0 ? { holder: lock.holder, secondsLeft } : undefined;
  };
  const trialIn = ({ listing, clock }: Snapshot) => runningTrial(listing, clock);
  const holdLock = (holder: string, seconds: number): ListStep => ({
    kind: "hold",
    list: lockList(holder),
    seconds: wholeLock(seconds),
    gate: false,
  });
  /** Sessions may drain from now on. No packet meets the rules that ask for it when the trial ends. */
  const holdDrain = (rules: TrialOrder["rules"]): readonly ListStep[] =>
    drains(rules) ? [{ kind: "hold", list: drainList(rules), seconds: rules.drain, gate: true }] : [];
  /** What became of a trial whose lease does not hold. */
  const explain = async (order: TrialOrder): Promise<LeaseAnswer> => {
    const now = await host.snapshot();
    if (rememberedAsConfirmed(now.listing, order.plan)) return "confirmed";
    if (ownState(now.listing, now.clock).text === undefined) return "foreign";
    const lock = lockOf(now);
    const trial = trialIn(now);
    return trial || (lock && lock.holder !== order.holder) ? "foreign" : "expired";
  };

  return {
    facts: () => readFacts(host, paths, guard),

    async read() {
      const [now, others, bootFile] = await Promise.all([
        host.snapshot(),
        host.output("list its other rules", foreignScript),
        readFile(host, paths.bootFile),
      ]);
      const foreignForm = withoutOwn(others);
      return {
        ...ownState(now.listing, now.clock),
        foreignForm,
        foreignHash: sha256(foreignForm),
        bootText: bootFile === undefined ? undefined : bootText(bootFile),
        lock: lockOf(now),
      };
    },

    async check(text) {
      const result = await host.try(inNamespace, [checkScript], await forHost(text));
      return result.code === 0 ? undefined : result.stderr.trim();
    },

    async lock(holder, seconds) {
      let other: string | undefined;
      await change("take the lock", (now) => {
        const current = lockOf(now);
        other = current && current.holder !== holder ? current.holder : undefined;
        return other === undefined
          ? { change: lockChange(now.listing, holder), lists: [holdLock(holder, seconds)] }
          : undefined;
      });
      return other;
    },

    async unlock(holder) {
      if (lockOf(await host.snapshot())?.holder === holder) await guard.disarm();
      await change("give the lock back", (now) =>
        lockOf(now)?.holder === holder ? { change: unlockChange(now.listing) } : undefined,
      );
    },

    async drill(leaseSeconds) {
      const whole = wholeLease(leaseSeconds);
      const [second, lease, guarded] = await Promise.all([
        guard.executor(),
        host.output("rehearse the dead man", inNamespace, [drillScript, String(whole)]),
        guard.rehearse(leaseSeconds),
      ]);
      return [
        { by: "kernel", due: whole, seconds: secondsBetween(lease) },
        { by: second ?? "process", due: leaseSeconds, seconds: secondsBetween(guarded) },
      ];
    },

    guard: (order) => guard.arm(order.plan, order.leaseSeconds),
    guardState: () => guard.state(),

    async load(rules) {
      await change("load the rules of the trial", (now) => {
        if (trialIn(now)) throw new DriverError("a trial runs on this firewall");
        const other = collision(now.listing, rules);
        if (other !== undefined) {
          throw new DriverError(
            `the chains of ${rules.conduit} would have the names of those of ${other}: rename one`,
          );
        }
        return { change: loadChange(now.listing, rules) };
      });
    },

    async arm(order) {
      const outcome = await change(
        "start the trial",
        (now) => {
          if (lockOf(now)?.holder !== order.holder) {
            throw new DriverError(
              `the host could not start the trial: ${order.holder} does not have the lock`,
            );
          }
          const gate: ListStep = {
            kind: "hold",
            list: leaseList(order.plan),
            seconds: wholeLease(order.leaseSeconds),
            gate: true,
          };
          return {
            change: armChange(order, wholeLease(order.leaseSeconds)),
            lists: [holdLock(order.holder, order.leaseSeconds), ...holdDrain(order.rules), gate],
          };
        },
        { lease: lockList(order.holder) },
      );
      if (outcome === "ended")
        throw new DriverError("the host could not start the trial: the lock has ended");
    },

    async renew(order) {
      const words = [leaseList(order.plan), lockList(order.holder), String(wholeLease(order.leaseSeconds))];
      const result = await host.try(renewScript, [...words, ...extensionOf(order.plan, order.leaseSeconds)]);
      if (result.code === 0) return "held";
      if (result.code === 6) return "unguarded";
      if (result.code >= 3 && result.code <= 5) return explain(order);
      throw new DriverError(`the host could not renew the lease: ${result.stderr.trim()}`);
    },

    async confirm(order) {
      const lease = leaseList(order.plan);
      const outcome = await change(
        "confirm the trial",
        (now) => {
          const trial = trialIn(now);
          if (!trial || !order.plan.startsWith(trial.plan) || lockOf(now)?.holder !== order.holder)
            return undefined;
          return {
            change: confirmChange(now.listing, order),
            lists: [{ kind: "finish", list: lease }, holdLock(order.holder, persistSeconds)],
          };
        },
        { lease },
      );
      if (outcome !== "done") return explain(order);
      // Should this not arrive, the guard finds no trial of its plan and leaves what is confirmed alone.
      await guard.disarm();
      return "confirmed";
    },

    async disarm(holder) {
      // First what packets meet, then what is left of it: the first must not fail for the second.
      const ended = readSnapshot(
        await host.output("end the trial", endScript, [lockList(holder), guardFolder]),
      );
      await change(
        "remove the rules of the trial",
        // Lock and lease end together: who has the lock no more has no trial to end.
        (now) =>
          lockOf(now)?.holder === holder
            ? { change: disarmChange(now.listing), lists: [holdLock(holder, disarmSeconds)] }
            : undefined,
        { since: ended },
      );
      return ownState(ended.listing, ended.clock);
    },

    async counters(conduit) {
      const snapshot = await host.snapshot("elements");
      const { conduits } = ownState(snapshot.listing, snapshot.clock);
      return readCounters(
        snapshot,
        conduit,
        conduits.some((each) => each.trial && each.conduit === conduit) ? "t" : "c",
      );
    },

    sessions: async () => readSessions(await host.try(sessionsScript)),

    endSessionCommand,
    endSessions: async (sessions) =>
      Number(await host.output("end sessions", endSessionsScript, [], endLines(sessions))),

    async readings() {
      const folders = [stateFolder, folderOf(paths.bootFile)];
      return readReadings(await host.output("tell its readings", readingsScript, folders));
    },
    async probe(address, port, seconds) {
      return probeAnswer((await host.try(probeScript, [address, `${port}`, `${seconds}`])).code);
    },

    async restore(text) {
      refuseState(text, stateLine);
      await change("restore the known-good configuration", (now) => ({
        change: text === undefined ? removeAll(now.listing) : restoreChange(now.listing, text),
        lists: drainsOfTrial(now.listing).map((list): ListStep => ({ kind: "finish", list })),
      }));
    },

    async writeBoot(text) {
      refuseState(text, stateLine);
      if (text !== undefined) {
        return sha256(bootText(await writeFile(host, paths.bootFile, bootScript(text), "755")));
      }
      await removeFile(host, paths.bootFile);
      return sha256("");
    },

    async rehearseBoot(candidate) {
      const result = await (candidate === undefined
        ? rehearse(host, paths, "as it is")
        : rehearse(host, paths, "candidate", bootScript(candidate)));
      if (result.code !== 0)
        throw new DriverError(`the host could not rehearse its boot: ${result.stderr.trim()}`);
      return stateOf(result.stdout);
    },

    async preview(text) {
      return stateOf(
        await host.output("preview the rules", inNamespace, [previewScript], await forHost(text)),
      );
    },

    undoLasts: "for good",
    undoByHand: (file) => byHand(loader, `${stateFolder}/${file}`, paths.bootFile),
    // A frame that dispatches nothing.
    absence: emit({ firewall: "none", conduits: [] }),

    readFile: (name) => readFile(host, `${stateFolder}/${name}`),
    async removeFile(name) {
      await removeFile(host, `${stateFolder}/${name}`);
    },
    pathOf: (name) => `${stateFolder}/${name}`,
    async writeFile(name, content) {
      await writeFile(host, loader, bootScript(""), "600");
      await writeFile(host, `${stateFolder}/${name}`, content, "600");
    },
    async note(line) {
      await host.output("note it in its log", 'logger -t sluice -- "$1"', [line]);
    },
  };

  async function forHost(text: string): Promise<string> {
    return (await host.hasSets()) ? text : withoutSetRules(text);
  }
}

const stateOf = (printed: string) => {
  const { listing, clock } = readSnapshot(printed);
  return ownState(listing, clock);
};
