import { printable } from "../../src/diagnostics/printable.ts";
import { sha256 } from "../../src/digest.ts";
import type { Session } from "../../src/session.ts";
import {
  type Driver,
  DriverError,
  type DriverPaths,
  type LeaseAnswer,
  type TrialOrder,
} from "../../src/target.ts";
import { removeScript } from "./apply.ts";
import { mergeConfig } from "./config/merge.ts";
import { readOwnConfig } from "./config/read.ts";
import { readPermitCounters } from "./counters.ts";
import { statesToCut } from "./cut.ts";
import { emit, emitConduit } from "./emit.ts";
import { readFacts } from "./facts.ts";
import { complaint, host, script } from "./host.ts";
import { readLeaseState, tokenOf } from "./lease.ts";
import { readRecord } from "./log.ts";
import { anchorName, conduitOfAnchor, firstTracker } from "./names.ts";
import { type ListedConduit, listConduits, ownState } from "./own-state.ts";
import { readOwnText } from "./own-text.ts";
import {
  armScript,
  disarmScript,
  drillScript,
  emptyAnchorsScript,
  leaseScript,
  leaseStateScript,
  listScript,
  lockScript,
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
  const { run, filterLog } = places;
  const stateFolder = paths.bootFile.slice(0, paths.bootFile.lastIndexOf("/"));

  const leaseState = async () =>
    readLeaseState(await firewall.output("tell its lease", script(leaseStateScript, run)));

  const readConfig = async (): Promise<string> => {
    const text = await firewall.readFile(paths.bootEntry);
    if (text === undefined) throw new DriverError(`${paths.bootEntry} does not exist`);
    return text;
  };

  const ownConfig = (text: string) => {
    const { value, diagnostics } = readOwnConfig(text, paths.bootEntry);
    if (value) return value;
    const [first] = diagnostics;
    throw new DriverError(`${paths.bootEntry}:${first?.span?.line ?? 1}: ${first?.message}`);
  };
  const confirmedIn = (config: string): readonly ListedConduit[] =>
    [...ownConfig(config).conduits.values()].flatMap(listConduits);

  /** Our anchors as pf lists them, by conduit. */
  const listAnchors = async (): Promise<ReadonlyMap<string, string>> => {
    const listing = await firewall.output("list its anchors", script(listScript));
    const sections = listing.split(/^# anchor /m).slice(1);
    return new Map(
      sections.flatMap((section) => {
        const end = section.indexOf("\n");
        const conduit = conduitOfAnchor(section.slice(0, end).trim());
        const text = section.slice(end + 1);
        return conduit !== undefined && /^(match|block)/m.test(text) ? [[conduit, text] as const] : [];
      }),
    );
  };

  const lease = async (order: TrialOrder, step: "renew" | "confirm"): Promise<LeaseAnswer> => {
    const { conduit } = order.rules;
    const token = tokenOf(order.plan, conduit);
    const words = [run, anchorName(conduit), token, `${order.leaseSeconds}`, order.holder, step];
    const answer = await firewall.output(`${step} the lease`, script(leaseScript, ...words));
    const [named = token, state = "expired"] = answer.trim().split(" ");
    if (named !== token || state === "foreign") return "foreign";
    return state === "held" || state === "confirmed" ? state : "expired";
  };

  /** config.xml as it is, and as it would be with a text of ours, proven to mean that text. */
  const merge = async (text: string) => {
    const config = await readConfig();
    const own = readOwnText(text, "the ruleset");
    const merged = own.value && mergeConfig(config, paths.bootEntry, own.value);
    if (!merged?.value) {
      const [first] = [...own.diagnostics, ...(merged?.diagnostics ?? [])];
      throw new DriverError(
        `the configuration cannot take the rules: line ${first?.span?.line ?? 1}: ${first?.message}`,
      );
    }
    const state = ownState(undefined, confirmedIn(merged.value));
    if (state.ownHash !== ownState(undefined, listConduits(text)).ownHash) {
      throw new DriverError("pfSense would not make of the configuration what the rules say");
    }
    return { config, merged: merged.value, state };
  };

  /** Brings config.xml in line with a text of ours, through pfSense, and empties the anchors that stood for it. */
  const apply = async (text: string): Promise<void> => {
    const { config, merged } = await merge(text);
    if (merged !== config) {
      await firewall.apply({
        base: sha256(config),
        config: merged,
        trackers: countEach(ownConfig(merged).trackers),
        note: "Sluice: confirmed rules of conduits",
      });
    }
    const { trial } = await leaseState();
    const spared = trial ? anchorName(trial.conduit) : "";
    await firewall.output("empty the anchors", script(emptyAnchorsScript, run, spared));
  };

  /** Sessions that pf lets pass without asking the rules, and that these would not admit. */
  const disallowedStates = async (rules: TrialOrder["rules"]): Promise<readonly PfState[]> => {
    if (rules.stage !== "enforce") return [];
    const { states, unread } = readStates(
      await firewall.output("list its states", ["pfctl", "-vvs", "states"]),
    );
    if (unread.length > 0) throw new DriverError(`a state is not understood: ${printable(unread[0]!)}`);
    return statesToCut(states, rules);
  };

  return {
    facts: () => readFacts(firewall, paths.bootEntry, places.version),

    async read() {
      const [anchors, config, state, mainRules, translation, bootText] = [
        await listAnchors(),
        await readConfig(),
        await leaseState(),
        await firewall.output("list its rules", ["pfctl", "-P", "-s", "rules"]),
        await firewall.output("list its translation", ["pfctl", "-P", "-s", "nat"]),
        await firewall.readFile(paths.bootFile),
      ];
      const { trial, lock } = state;
      const unleased = [...anchors].filter(([conduit]) => conduit !== trial?.conduit);
      const standing = confirmedIn(config).filter(
        ({ conduit }) => !unleased.some(([other]) => other === conduit),
      );
      const confirmed = [...standing, ...unleased.flatMap(([, text]) => listConduits(text))];
      const onTrial = trial && listConduits(anchors.get(trial.conduit) ?? "")[0];
      const texts = [...ownConfig(config).conduits.values(), ...anchors.values()];
      const foreignForm = `${withoutOwn(mainRules)}${translation}`;
      return {
        ...ownState(
          texts.length > 0 ? texts.join("") : undefined,
          confirmed,
          trial && onTrial && { listed: onTrial, plan: trial.plan, secondsLeft: trial.secondsLeft },
        ),
        foreignForm,
        foreignHash: sha256(foreignForm),
        bootText,
        lock,
      };
    },

    async check(text) {
      const result = await firewall.try(["pfctl", "-n", "-f", "-"], text);
      return result.code === 0 ? undefined : complaint(result);
    },

    async lock(holder, seconds) {
      const other = await firewall.output("take its lock", script(lockScript, run, holder, `${seconds}`));
      return other.trim() === "" ? undefined : other.trim();
    },
    async unlock(holder) {
      await firewall.output("give the lock back", script(unlockScript, run, holder));
    },

    async drill(leaseSeconds) {
      const words = script(drillScript, run, `${leaseSeconds}`, watchScript);
      const seconds = (await firewall.output("rehearse the dead man", words)).trim().split("\n").map(Number);
      return Math.max(...seconds);
    },

    async load(rules) {
      const { trial } = await leaseState();
      if (trial) throw new DriverError(`a trial of ${trial.conduit} runs on this firewall`);
      await disallowedStates(rules);
      await firewall.output("read the rules of the trial", ["pfctl", "-n", "-f", "-"], emitConduit(rules));
    },

    async arm(order) {
      const { conduit } = order.rules;
      const words = [run, anchorName(conduit), tokenOf(order.plan, conduit), `${order.leaseSeconds}`];
      const armed = script(armScript, ...words, order.holder, filterLog, watchScript);
      await firewall.output("start the trial", armed, emitConduit(order.rules));
      for (const { id, creator } of await disallowedStates(order.rules)) {
        await firewall.output("cut a state", ["pfctl", "-k", "id", "-k", `${id}/${creator}`]);
      }
    },
    renew: (order) => lease(order, "renew"),
    confirm: (order) => lease(order, "confirm"),

    async disarm(holder) {
      const { trial } = await leaseState();
      if (!trial) return;
      const words = [run, anchorName(trial.conduit), tokenOf(trial.plan, trial.conduit), holder];
      await firewall.output("end the trial", script(disarmScript, ...words));
    },

    async counters(conduit) {
      const anchor = (await listAnchors()).get(conduit);
      const rules = anchor ?? ownConfig(await readConfig()).conduits.get(conduit) ?? "";
      const from = anchor === undefined ? "confirmed" : "trial";
      const where = anchor === undefined ? [] : ["-a", anchorName(conduit)];
      const labels = await firewall.output("list its counters", ["pfctl", ...where, "-s", "labels"]);
      const log = await firewall.try(script(recordScript, run, from, filterLog));
      return {
        permits: readPermitCounters(labels, conduit),
        recorded: readRecord(log.stdout, denyTrackers(rules), from),
        recordFull: log.stderr.trim() !== "",
      };
    },

    restore: (text) => apply(text ?? absence),
    async writeBoot(text) {
      await apply(text ?? absence);
      if (text !== undefined) return firewall.writeFile(paths.bootFile, text);
      await firewall.output("remove the boot file", ["rm", "-f", paths.bootFile]);
      return sha256("");
    },

    async rehearseBoot(candidate) {
      return candidate === undefined
        ? ownState(undefined, confirmedIn(await readConfig()))
        : (await merge(candidate)).state;
    },

    async preview(text) {
      const listed = await firewall.output("preview the rules", ["pfctl", "-n", "-v", "-P", "-f", "-"], text);
      return ownState(listed, listConduits(listed));
    },

    undoByHand: (file) => [
      `pfctl -a ${anchorName("known-good")} -f ${stateFolder}/${file}`,
      `php -r '${removeScript}'`,
      `for a in $(pfctl -a userrules -s Anchors | grep sluice_ | grep -v known_good); do pfctl -a $a -F rules; done`,
    ],
    absence,

    readFile: (name) => firewall.readFile(`${stateFolder}/${name}`),
    async writeFile(name, content) {
      await firewall.writeFile(`${stateFolder}/${name}`, content);
    },
  };
}

const absence = emit({ firewall: "none", conduits: [] });

/** Main rules whose identifier is not one of ours. */
const withoutOwn = (listing: string): string =>
  listing
    .split("\n")
    .filter((line) => Number(/\bridentifier (\d+)/.exec(line)?.[1] ?? 0) < firstTracker)
    .join("\n");

const denyTrackers = (rules: string): ReadonlySet<number> =>
  new Set([...rules.matchAll(/^.*! tagged .*?\bridentifier (\d+)/gm)].map(([, tracker]) => Number(tracker)));

function countEach(trackers: readonly string[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const tracker of trackers) counts[tracker] = (counts[tracker] ?? 0) + 1;
  return counts;
}
