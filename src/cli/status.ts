import { buildCommand } from "@stricli/core";
import type { Firewall } from "../policy/model.ts";
import type { JournalEntry, JournalReading } from "../rollout/journal.ts";
import { readRing } from "../rollout/known-good.ts";
import { CommandError, type Context, exitCodes } from "./context.ts";
import { type Actor, identityFlag, siteFlag, whoActs } from "./rollout/actor.ts";
import { onFirewall, placeOf } from "./rollout/firewall.ts";
import { readJournalFile } from "./rollout/journal-file.ts";
import { loadSite } from "./site-file.ts";
import { type FirewallStatus, renderStatus } from "./views/status.ts";

interface Flags {
  readonly site?: string;
  readonly identity?: string;
  readonly json: boolean;
}

export const statusCommand = buildCommand<Flags, [], Context>({
  docs: { brief: "Tells where every conduit stands on every firewall, and what was done last" },
  parameters: {
    flags: {
      site: siteFlag,
      identity: identityFlag,
      json: { kind: "boolean", default: false, brief: "Print one JSON document" },
    },
  },
  async func(flags) {
    const { site, folder } = loadSite(this, flags.site);
    const actor = whoActs(this, flags.identity, site.people);
    const firewalls = await Promise.all(site.firewalls.map((firewall) => look(firewall, actor)));
    const journal = readJournalFile(folder);
    this.process.stdout.write(
      flags.json ? asJson(firewalls, journal) : renderStatus(firewalls, lastEntries(journal), site),
    );
    if (journal.faults.length > 0) {
      this.process.stderr.write('warning: the journal is not whole: see "sluice journal verify"\n');
    }
    if (firewalls.some((one) => !one.live)) this.process.exitCode = exitCodes.failed;
  },
});

async function look(firewall: Firewall, actor: Actor): Promise<FirewallStatus> {
  try {
    return await onFirewall(placeOf(firewall), actor.identity, async ({ driver }) => {
      const { conduits, lock, ownHash, foreignHash } = await driver.read();
      const ring = await readRing(driver);
      return {
        firewall: firewall.id,
        live: { conduits, lock, ownHash, foreignHash },
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

const lastEntries = (journal: JournalReading): readonly JournalEntry[] => journal.entries.slice(-5);

const asJson = (firewalls: readonly FirewallStatus[], journal: JournalReading): string =>
  `${JSON.stringify({ schema: "sluice/status", version: 1, firewalls, journal: lastEntries(journal) }, undefined, 2)}\n`;
