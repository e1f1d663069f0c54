import { printable } from "../../src/diagnostics/printable.ts";
import { canonicalJson, sha256 } from "../../src/digest.ts";
import type { Session } from "../../src/session.ts";
import {
  type Driver,
  DriverError,
  type DriverPaths,
  type LeaseAnswer,
  type LiveState,
  type OwnState,
  type RecordedFlow,
  type TrialOrder,
} from "../../src/target.ts";
import { removeScript } from "./apply.ts";
import { openConfiguration } from "./configuration.ts";
import { readPermitCounters } from "./counters.ts";
import { flowsOf, sessionsOf, unadmittedStates } from "./cut.ts";
import { emit, emitConduit } from "./emit.ts";
import { readFacts } from "./facts.ts";
import { complaint, host, script } from "./host.ts";
import { readLeaseState, tokenOf } from "./lease.ts";
import { readRecord } from "./log.ts";
import { anchorName, conduitOfAnchor, firstTracker, knownGoodAnchor } from "./names.ts";
import { listConduit, listConduits, ownState } from "./own-state.ts";
import { readReadings } from "./readings.ts";
import {
  armScript,
  disarmScript,
  drillScript,
  emptyAnchorsScript,
  leaseScript,
  leaseStateScript,
  listScript,
  lockScript,
  probeScript,
  readingsScript,
  recordScript,
  unlockScript,
  watchScript,
} from "./scripts.ts";
import { type PfState, readStates } from "./states.ts";

/** Where a pfSense host keeps things. */
export interface HostPlaces {
  /** Lock and lease: a reboot empties it together with the anchors. */
  readonly run: string;
  readonly filterLog: string;
  readonly version: string;
}
const pfsensePlaces: HostPlaces = {
  run: "/var/run/sluice",
  filterLog: "/var/log/filter.log",
  version: "/etc/version",
};

/** Seconds that the second watcher leaves to the first one, as the scripts have it. */
const watcherGrace = 2;

const noBridge =
  "a transparent pfSense is not supported: what its bridge leads to pf depends on settings that are not read here";

/**
 * The driver of a pfSense host. A trial is an anchor that the dead man empties. What is confirmed and not persisted yet
 * is the same anchor without a lease: a reboot takes it away. What is persisted is in config.xml (the boot entry), and
 * beside it our own text of it (the boot file).
 */
export function createDriver(
  session: Session,
  paths: DriverPaths,
  places: HostPlaces = pfsensePlaces,
): Driver {
  const firewall = host(session);
  const configuration = openConfiguration(firewall, paths.bootEntry);
  const { run, filterLog } = places;
  const stateFolder = paths.bootFile.slice(0, paths.bootFile.lastIndexOf("/"));

  const leaseState = async () =>
    readLeaseState(await firewall.output("tell its lease", script(leaseStateScript, run)));

  /** Our anchors with rules in them, as pf lists them; one without a conduit holds a known-good. */
  const listAnchors = async (): Promise<readonly { conduit: string | undefined; text: string }[]> => {
    const listing = await firewall.output("list its anchors", script(listScript));
    return listing
      .split(/^# anchor /m)
      .slice(1)
      .map((section) => {
        const end = section.indexOf("\n");
        return { conduit: conduitOfAnchor(section.slice(0, end).trim()), text: section.slice(end + 1) };
      })
      .filter(({ text }) => /^(?!table\b)\S/m.test(text));
  };

  const readOwn = async (): Promise<{ readonly own: OwnState } & Pick<LiveState, "lock">> => {
    const [anchors, configured, { trial, lock }] = [
      await listAnchors(),
      await configuration.read(),
      await leaseState(),
    ];
    const unleased = anchors
      .filter(({ conduit }) => conduit === undefined || conduit !== trial?.conduit)
      .flatMap(({ conduit, text }) =>
        conduit === undefined ? listConduits(text) : [listConduit(conduit, text, [])],
      );
    const standing = configured.listed.filter(
      ({ conduit }) => !unleased.some((other) => other.conduit === conduit),
    );
    const trialText = trial && anchors.find(({ conduit }) => conduit === trial.conduit)?.text;
    const texts = [...configured.conduits, ...anchors].map(({ text }) => text);
    const own = ownState(
      texts.length > 0 ? texts.join("") : undefined,
      [...standing, ...unleased],
      trialText === undefined ? undefined : { ...trial!, listed: listConduit(trial!.conduit, trialText, []) },
    );
    return { own, lock };
  };

  const lease = async (order: TrialOrder, step: "renew" | "confirm"): Promise<LeaseAnswer> => {
    const { conduit } = order.rules;
    const token = tokenOf(order.plan, conduit);
    const words = [run, anchorName(conduit), token, whole(order.leaseSeconds), order.holder, step];
    const answer = await firewall.output(`${step} the lease`, script(leaseScript, ...words));
    const [named = token, state = "expired"] = answer.trim().split(" ");
    if (named !== token || state === "foreign") return "foreign";
    return state === "held" || state === "confirmed" ? state : "expired";
  };

  /** Brings config.xml in line with a text of ours, and empties the anchors that stood for it. */
  const apply = async (text: string): Promise<void> => {
    await configuration.apply(text);
    const { trial } = await leaseState();
    const spared = trial ? anchorName(trial.conduit) : "";
    await firewall.output("empty the anchors", script(emptyAnchorsScript, run, spared));
  };

  const listStates = async () =>
    readStates(await firewall.output("list its states", ["pfctl", "-vvs", "states"]));

  const cut = async (state: string): Promise<void> => {
    await firewall.output("cut a state", ["pfctl", "-k", "id", "-k", state]);
  };

  /** Sessions that pf lets pass without asking the rules, and that these would not admit. */
  const openSessions = async (rules: string): Promise<readonly PfState[]> => {
    const { states, unread } = await listStates();
    if (unread.length > 0) throw new DriverError(`a state is not understood: ${printable(unread[0]!)}`);
    return unadmittedStates(states, rules);
  };

  return {
    facts: async () => {
      const facts = await readFacts(firewall, paths.bootEntry, places.version);
      return paths.transparent ? { ...facts, obstacles: [...facts.obstacles, noBridge] } : facts;
    },

    async read() {
      const [{ own, lock }, mainRules, translation, bootText] = [
        await readOwn(),
        await firewall.output("list its rules", ["pfctl", "-P", "-s", "rules"]),
        await firewall.output("list its translation", ["pfctl", "-P", "-s", "nat"]),
        await firewall.readFile(paths.bootFile),
      ];
      const foreignForm = `${withoutOwn(mainRules)}${translation}`;
      return { ...own, foreignForm, foreignHash: sha256(foreignForm), bootText, lock };
    },

    async check(text) {
      const result = await firewall.try(["pfctl", "-n", "-f", "-"], text);
      return result.code === 0 ? undefined : complaint(result);
    },

    async lock(holder, seconds) {
      const other = await firewall.output("take its lock", script(lockScript, run, holder, whole(seconds)));
      return other.trim() === "" ? undefined : other.trim();
    },
    async unlock(holder) {
      await firewall.output("give the lock back", script(unlockScript, run, holder));
    },

    async drill(leaseSeconds) {
      const words = script(drillScript, run, whole(leaseSeconds), watchScript);
      const answer = await firewall.output("rehearse the dead man", words);
      const [first, late, second, later] = answer.trim().split(" ").map(Number);
      if (later === undefined || Number.isNaN(first! + late! + second! + later)) {
        throw new DriverError(`the drill answered something that is not understood: ${printable(answer)}`);
      }
      return [
        { by: "process", due: leaseSeconds, seconds: first! + late! / 10 },
        { by: "process", due: leaseSeconds + watcherGrace, seconds: second! + later / 10 },
      ];
    },

    async load(rules) {
      const { trial } = await leaseState();
      if (trial) throw new DriverError(`a trial of ${trial.conduit} runs on this firewall`);
      const text = emitConduit(rules);
      await openSessions(text);
      await firewall.output("read the rules of the trial", ["pfctl", "-n", "-f", "-"], text);
    },

    async arm(order) {
      const { conduit, stage } = order.rules;
      const text = emitConduit(order.rules);
      const words = [run, anchorName(conduit), tokenOf(order.plan, conduit), whole(order.leaseSeconds)];
      const armed = script(armScript, ...words, order.holder, filterLog, watchScript);
      await firewall.output("start the trial", armed, text);
      for (const { id, creator } of stage === "enforce" ? await openSessions(text) : []) {
        await cut(`${id}/${creator}`);
      }
    },
    renew: (order) => lease(order, "renew"),
    confirm: (order) => lease(order, "confirm"),

    async disarm(holder) {
      const { trial } = await leaseState();
      if (trial) {
        const words = [run, anchorName(trial.conduit), tokenOf(trial.plan, trial.conduit), holder];
        await firewall.output("end the trial", script(disarmScript, ...words));
      }
      return (await readOwn()).own;
    },

    async counters(conduit) {
      const anchor = (await listAnchors()).find((one) => one.conduit === conduit)?.text;
      const { conduits } = await configuration.read();
      const rules = anchor ?? conduits.find((one) => one.conduit === conduit)?.text ?? "";
      const from = anchor === undefined ? "confirmed" : "trial";
      const where = anchor === undefined ? [] : ["-a", anchorName(conduit)];
      const labels = await firewall.output("list its counters", ["pfctl", ...where, "-s", "labels"]);
      const log = await firewall.try(script(recordScript, run, from, filterLog));
      return {
        permits: readPermitCounters(labels, conduit),
        recorded: withSessions(
          readRecord(log.stdout, denyTrackers(rules), from),
          flowsOf(await openSessions(rules)),
        ),
        recordFull: log.stderr.trim() !== "",
        // Rules of pf name tables: who asked stands in the sessions alone.
        admitted: [],
        // The log outlives a reboot, and one that was rotated begins with another line. pf's counters have no number.
        epoch: { record: sha256(log.stdout.split("\n", 1)[0]!), rules: "" },
      };
    },

    async sessions() {
      const { states, unread } = await listStates();
      return { kind: "listed", sessions: sessionsOf(states), unread: unread.length, endable: true };
    },
    async endSessions(sessions) {
      for (const { key } of sessions) for (const state of key.split(" ")) await cut(state);
      return sessions.length;
    },
    endSessionCommand: ({ key }) =>
      key
        .split(" ")
        .map((state) => `pfctl -k id -k ${state}`)
        .join("; "),

    readings: async () =>
      readReadings(await firewall.output("tell its readings", script(readingsScript, stateFolder))),
    async probe(address, port, seconds) {
      const { code } = await firewall.try(script(probeScript, address, `${port}`, `${seconds}`));
      return code === 0 ? "open" : "closed";
    },

    restore: (text) => apply(text ?? absence),
    async writeBoot(text) {
      await apply(text ?? absence);
      if (text !== undefined) return firewall.writeFile(paths.bootFile, text);
      await firewall.output("remove the boot file", ["rm", "-f", paths.bootFile]);
      return sha256("");
    },

    async rehearseBoot(candidate) {
      const { listed } =
        candidate === undefined ? await configuration.read() : await configuration.with(candidate);
      return ownState(undefined, listed);
    },

    async preview(text) {
      const listed = await firewall.output("preview the rules", ["pfctl", "-n", "-v", "-P", "-f", "-"], text);
      return ownState(listed, listConduits(listed));
    },

    undoByHand: (file) => [
      `pfctl -a ${knownGoodAnchor} -f ${stateFolder}/${file}`,
      `php -r '${removeScript}'`,
      `for a in $(pfctl -a userrules -s Anchors | grep sluice_ | grep -v sluice_0_); do pfctl -a $a -F rules; done`,
    ],
    // Its own PHP would have to write config.xml, out of a text that only Sluice can read.
    undoLasts: "until a reboot",
    absence,

    readFile: (name) => firewall.readFile(`${stateFolder}/${name}`),
    async removeFile(name) {
      await firewall.output("remove a file of ours", ["rm", "-f", `${stateFolder}/${name}`]);
    },
    pathOf: (name) => `${stateFolder}/${name}`,
    async writeFile(name, content) {
      await firewall.writeFile(`${stateFolder}/${name}`, content);
    },
    async note(line) {
      await firewall.output("note it in its log", ["logger", "-t", "sluice", "--", line]);
    },
  };
}

/** Seconds for the host's shell, which counts whole ones. */
const whole = (seconds: number): string => `${Math.ceil(seconds)}`;

const absence = emit({ firewall: "none", conduits: [] });

/** Main rules whose identifier is not one of ours. */
const withoutOwn = (listing: string): string =>
  listing
    .split("\n")
    .filter((line) => Number(/\bridentifier (\d+)/.exec(line)?.[1] ?? 0) < firstTracker)
    .join("\n");

/** What was logged, and the sessions that are open: pf logs the packet that opens one, and no other. */
function withSessions(
  logged: readonly RecordedFlow[],
  open: readonly RecordedFlow[],
): readonly RecordedFlow[] {
  const key = ({ packets, replies, openings, ...flow }: RecordedFlow): string => canonicalJson(flow);
  const known = new Set(logged.map(key));
  return [...logged, ...open.filter((flow) => !known.has(key(flow)))];
}

const denyTrackers = (rules: string): ReadonlySet<number> =>
  new Set([...rules.matchAll(/^.*! tagged .*?\bridentifier (\d+)/gm)].map(([, tracker]) => Number(tracker)));
