import { buildCommand } from "@stricli/core";
import { printable } from "../diagnostics/printable.ts";
import type { Firewall, Site } from "../policy/model.ts";
import { firewallHistories } from "../report/site/history.ts";
import { type JournalEntry, type JournalReading, readJournal } from "../rollout/journal.ts";
import { readRing } from "../rollout/known-good/known-good.ts";
import { decisionsOf, judgeRecord } from "../rollout/record.ts";
import type { CountersReading, Driver, LiveConduit } from "../target.ts";
import { CommandError, type Context, exitCodes } from "./context.ts";
import { printDocument } from "./documents/document.ts";
import { statusDocument } from "./documents/standing.ts";
import { type ActingFlags, type Actor, actingFlags, whoActs } from "./rollout/actor.ts";
import { onFirewall, placeOf } from "./rollout/firewall.ts";
import { isOnlyMonitored, sampleKeeper } from "./rollout/history-file.ts";
import { readJournalFile } from "./rollout/journal-file.ts";
import { loadSite } from "./site-file.ts";
import { systemErrorText } from "./system-error.ts";
import { type ConduitRecord, type FirewallStatus, pairsIn, renderStatus } from "./views/status.ts";

export const statusCommand = buildCommand<ActingFlags, [], Context>({
  docs: { brief: "Shows where every conduit stands on every firewall, and what was done last" },
  parameters: {
    flags: actingFlags,
  },
  async func(flags) {
    const { site, folder } = loadSite(this, flags.site);
    const actor = whoActs(this, flags.identity, site.people);
    const journal = readOrTell(this, folder);
    const histories = firewallHistories(journal.entries);
    const firewalls = await Promise.all(
      site.firewalls.map(async (firewall): Promise<FirewallStatus> => {
        const standings = histories.get(firewall.id)?.conduits;
        return {
          ...(await look(site, firewall, actor, sampleKeeper(this, folder, firewall.id))),
          ...(standings && { standings }),
        };
      }),
    );
    if (flags.json) printDocument(this, statusDocument, asDocument(site, firewalls, journal));
    else this.process.stdout.write(renderStatus(firewalls, lastEntries(journal), site, this.now()));
    if (journal.faults.length > 0) {
      this.process.stderr.write('warning: the journal is not whole: see "sluice journal verify"\n');
    }
    if (firewalls.some((one) => !one.live)) this.process.exitCode = exitCodes.failed;
  },
});

async function look(
  site: Site,
  firewall: Firewall,
  actor: Actor,
  keep: (conduit: string, counters: CountersReading) => void,
): Promise<FirewallStatus> {
  try {
    return await onFirewall(placeOf(firewall), actor.identity, async ({ driver }) => {
      const { conduits, lock, ownHash, foreignHash } = await driver.read();
      const ring = await readRing(driver);
      const guard = await driver.guardState?.();
      return {
        firewall: firewall.id,
        live: { conduits, lock, ownHash, foreignHash },
        records: await recordsOf(site, conduits, driver, keep),
        ...(guard && { guard }),
        ...(ring && {
          knownGoods: { current: ring.current, numbers: ring.entries.map((entry) => entry.number) },
        }),
      };
    });
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    return { firewall: firewall.id, problem: error.message };
  }
}

/** The records of the conduits that run on a firewall and that the site file knows. */
async function recordsOf(
  site: Site,
  live: readonly LiveConduit[],
  driver: Driver,
  keep: (conduit: string, counters: CountersReading) => void,
): Promise<readonly ConduitRecord[]> {
  const records: ConduitRecord[] = [];
  for (const conduit of site.conduits) {
    if (!live.some((one) => one.conduit === conduit.id)) continue;
    const counters = await driver.counters(conduit.id);
    const { recorded, recordFull } = counters;
    if (isOnlyMonitored(live, conduit.id)) keep(conduit.id, counters);
    records.push({
      conduit: conduit.id,
      flows: judgeRecord(decisionsOf(conduit), recorded),
      full: recordFull,
    });
  }
  return records;
}

/** Where the firewalls stand is seen without a journal too; that it cannot be read is told. */
function readOrTell(context: Context, folder: string): JournalReading {
  try {
    return readJournalFile(folder);
  } catch (error) {
    const why = error instanceof CommandError ? error.message : systemErrorText(error);
    if (why === undefined) throw error;
    context.process.stderr.write(`warning: what was done last is not known: ${printable(why)}\n`);
    return readJournal("", undefined);
  }
}

const lastEntries = (journal: JournalReading): readonly JournalEntry[] => journal.entries.slice(-5);

const asDocument = (site: Site, firewalls: readonly FirewallStatus[], journal: JournalReading) => ({
  firewalls: firewalls.map(({ standings, ...status }) => ({
    ...status,
    since: Object.fromEntries(
      [...(standings ?? [])].map(([conduit, { stage, since }]) => [conduit, { stage, time: since.time }]),
    ),
  })),
  pairs: pairsIn(site, firewalls),
  journal: lastEntries(journal),
});
