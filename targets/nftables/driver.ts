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
import { readCounters } from "./counters.ts";
import { countersListing, stageChains } from "./counters-listing.ts";
import { readFacts, rehearsalWords } from "./facts.ts";
import { complaint, host, script } from "./host.ts";
import { expiringLine, type ListedTable, normalForm, readListing } from "./listing.ts";
import { parseObjectName } from "./names.ts";
import { emitFrame } from "./objects.ts";
import {
  dispatch,
  drainLeft,
  keptDrains,
  lockOf,
  ownState,
  ownTable,
  rememberedAsConfirmed,
} from "./own-state.ts";
import { dirname } from "./paths.ts";
import {
  countersScript,
  drillScript,
  endScript,
  foreignScript,
  previewScript,
  renewScript,
  undoing,
} from "./scripts.ts";
import {
  armText,
  confirmText,
  disarmText,
  drillPair,
  drillText,
  loadText,
  lockText,
  relockText,
  removeTableText,
  renewText,
  unlockText,
} from "./transactions.ts";

/** Known-goods and used plans live here on the host. */
const stateFolder = "/var/lib/sluice";

/** The lock is kept this long after a confirm, for the boot file to be written. */
const persistSeconds = 120;

/** The driver of a Linux host with nft: state in the kernel, text on standard input, fixed scripts. */
export function createDriver(session: Session, paths: DriverPaths): Driver {
  const firewall = host(session);
  const guard = createGuard(
    undoing(emitFrame(), drillPair),
    (text, words) => firewall.try(script(text, ...words)),
    (text, words) => firewall.try(["unshare", "--net", ...script(text, ...words)]),
  );

  const listOwn = async (...flags: readonly string[]): Promise<ListedTable | undefined> =>
    ownTable(readListing(await firewall.output("list its ruleset", ["nft", ...flags, "list", "ruleset"])));

  /** What became of a trial whose lease could not be renewed. */
  const explain = async (order: TrialOrder, refusal: string): Promise<LeaseAnswer> => {
    const own = await listOwn();
    if (rememberedAsConfirmed(own, order.plan)) return "confirmed";
    if (own === undefined) return "foreign";
    const trials = dispatch(own).flatMap((element) => element.lease ?? []);
    const lock = lockOf(own);
    if (trials.some((trial) => order.plan.startsWith(trial.plan)) && lock?.holder === order.holder) {
      throw new DriverError(`the host refuses the trial: ${refusal}`);
    }
    return trials.length > 0 || (lock && lock.holder !== order.holder) ? "foreign" : "expired";
  };

  const leftovers = (own: ListedTable | undefined): readonly string[] => [
    ...new Set(
      own?.objects.flatMap((object) => {
        const name = parseObjectName(object.name);
        return name?.generation === "t" ? [name.conduit] : [];
      }),
    ),
  ];

  return {
    facts: () => readFacts(firewall, paths, guard),

    async read() {
      const [listing, others, bootText] = await Promise.all([
        firewall.output("list its ruleset", ["nft", "list", "ruleset"]),
        firewall.output("list its other rules", script(foreignScript)),
        firewall.readFile(paths.bootFile),
      ]);
      const tables = readListing(listing);
      const own = ownTable(tables);
      const foreignForm =
        tables
          .filter((one) => one !== own)
          .map((one) => `table ${one.name}\n${normalForm(one.objects)}`)
          .toSorted()
          .join("") + withoutCounters(others);
      return { ...ownState(own), foreignForm, foreignHash: sha256(foreignForm), bootText, lock: lockOf(own) };
    },

    check: (text) => firewall.load(text, "-c"),

    async lock(holder, seconds) {
      const refusal = await firewall.load(lockText(holder, seconds));
      if (refusal === undefined) return undefined;
      const current = lockOf(await listOwn());
      if (!current) throw new DriverError(`the host gives no lock: ${refusal}`);
      if (current.holder !== holder) return current.holder;
      await firewall.mustLoad(relockText(holder, seconds), "extend the lock");
      return undefined;
    },

    async unlock(holder) {
      const own = await listOwn();
      if (lockOf(own)?.holder !== holder) return;
      await guard.disarm();
      const remains = ownState(own).form === "" && leftovers(own).length === 0 ? "nothing" : "table";
      await firewall.mustLoad(unlockText(holder, remains), "give the lock back");
    },

    async drill(leaseSeconds) {
      const words = [
        "unshare",
        "--net",
        ...script(drillScript, drillPair, String(Math.ceil(leaseSeconds) + 5)),
      ];
      const [second, lease, guarded] = await Promise.all([
        guard.executor(),
        firewall.output("rehearse the dead man", words, drillText(leaseSeconds)),
        guard.rehearse(leaseSeconds),
      ]);
      return [
        { by: "kernel", due: leaseSeconds, seconds: secondsBetween(lease) },
        { by: second ?? "process", due: leaseSeconds, seconds: secondsBetween(guarded) },
      ];
    },

    guard: (order) => guard.arm(order.plan, order.leaseSeconds),
    guardState: () => guard.state(),

    async load(rules) {
      const own = await listOwn();
      const running = own && dispatch(own).find((element) => element.lease);
      if (running) throw new DriverError(`a trial of ${running.conduit} runs on this firewall`);
      await firewall.mustLoad(loadText(rules, leftovers(own)), "load the rules of the trial");
    },

    async arm(order) {
      await firewall.mustLoad(armText(order), "start the trial");
    },

    async renew(order) {
      const words = script(renewScript, ...extensionOf(order.plan, order.leaseSeconds));
      const { code, stderr } = await firewall.try(words, renewText(order));
      if (code === 0) return "held";
      return code === 6 ? "unguarded" : explain(order, stderr.trim());
    },

    async confirm(order) {
      const own = await listOwn();
      const replaced = own
        ? dispatch(own).filter((each) => each.generation === "c" && each.conduit === order.rules.conduit)
        : [];
      const left = drainLeft(own, order.rules.conduit, "t");
      const refusal = await firewall.load(confirmText(order, replaced, left, persistSeconds));
      if (refusal !== undefined) return explain(order, refusal);
      // Should this not arrive, the guard finds no trial of its plan and leaves what is confirmed alone.
      await guard.disarm();
      return "confirmed";
    },

    async disarm(holder) {
      const result = await firewall.try(script(endScript, guardFolder), disarmText(holder));
      const own = ownTable(readListing(result.stdout));
      // Lock and lease end together: who has the lock no more has no trial to end.
      const isHeld = result.code !== 3 || lockOf(own)?.holder === holder;
      if (result.code !== 0 && isHeld)
        throw new DriverError(`the host could not end the trial: ${complaint(result)}`);
      return ownState(own);
    },

    async counters(conduit, totals) {
      // Each chain that is listed by itself costs about half of what the whole table does.
      const words = script(countersScript, ...(totals ? stageChains(conduit) : []));
      const listing = countersListing(await firewall.output("list its counters", words));
      const onTrial =
        listing.own && dispatch(listing.own).some((each) => each.lease && each.conduit === conduit);
      return readCounters(listing, conduit, onTrial ? "t" : "c");
    },

    sessions: async () => readSessions(await firewall.try(script(sessionsScript))),

    endSessionCommand,
    endSessions: async (sessions) =>
      Number(await firewall.output("end sessions", script(endSessionsScript), endLines(sessions))),

    async readings() {
      const folders = [stateFolder, dirname(paths.bootFile)];
      return readReadings(await firewall.output("tell its readings", script(readingsScript, ...folders)));
    },
    async probe(address, port, seconds) {
      const words = script(probeScript, address, `${port}`, `${seconds}`);
      return probeAnswer((await firewall.try(words)).code);
    },

    async restore(text) {
      refuseState(text, expiringLine);
      const draining = text === undefined ? "" : keptDrains(await listOwn(), text);
      await firewall.mustLoad((text ?? removeTableText) + draining, "restore the known-good configuration");
    },

    async writeBoot(text) {
      refuseState(text, expiringLine);
      if (text !== undefined) return firewall.writeFile(paths.bootFile, text, "644");
      await firewall.removeFile(paths.bootFile);
      return sha256("");
    },

    async rehearseBoot(candidate) {
      const words = rehearsalWords(paths, candidate === undefined ? "as it is" : "candidate");
      const listing = await firewall.output("rehearse its boot", words, candidate);
      return ownState(ownTable(readListing(listing)));
    },

    async preview(text) {
      const words = ["unshare", "--net", ...script(previewScript)];
      return ownState(ownTable(readListing(await firewall.output("preview the rules", words, text))));
    },

    undoByHand: (file) => [`nft -f ${stateFolder}/${file}`, `cp ${stateFolder}/${file} ${paths.bootFile}`],
    undoLasts: "for good",
    absence: removeTableText,

    readFile: (name) => firewall.readFile(`${stateFolder}/${name}`),
    removeFile: (name) => firewall.removeFile(`${stateFolder}/${name}`),
    pathOf: (name) => `${stateFolder}/${name}`,
    async writeFile(name, content) {
      await firewall.writeFile(`${stateFolder}/${name}`, content, "600");
    },
    async note(line) {
      await firewall.output("note it in its log", ["logger", "-t", "sluice", "--", line]);
    },
  };
}

/** The iptables family prints times as comments, and packet counters in the head of a chain. */
const withoutCounters = (text: string): string =>
  text.replaceAll(/^# (Generated|Completed).*\n/gm, "").replaceAll(/\[\d+:\d+\]/g, "[]");
