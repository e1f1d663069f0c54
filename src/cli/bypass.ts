import { buildCommand } from "@stricli/core";
import { printable } from "../diagnostics/printable.ts";
import { formatDuration } from "../policy/duration.ts";
import type { Firewall } from "../policy/model.ts";
import { minute } from "../report/words.ts";
import { measureOrder, takeMeasure } from "../rollout/emergency/emergency.ts";
import type { JournalContent } from "../rollout/journal.ts";
import { currentOf, readRing } from "../rollout/known-good/known-good.ts";
import type { Driver, TrialOrder } from "../target.ts";
import { CommandError, type Context } from "./context.ts";
import { bypassDocument } from "./documents/change.ts";
import { printDocument } from "./documents/document.ts";
import { findNamed } from "./find-named.ts";
import { type ActingFlags, actingFlags, whoActs } from "./rollout/actor.ts";
import { firewallOf } from "./rollout/firewall.ts";
import { appendJournal, recordDone } from "./rollout/journal-file.ts";
import {
  exitCodeOf,
  lasting,
  type MeasuredOn,
  measureOn,
  reasonText,
  requireRight,
  sealAfter,
  splitPairs,
} from "./rollout/measure.ts";
import { loadSite } from "./site-file.ts";

interface Flags extends ActingFlags {
  readonly reason: string;
  readonly for: number;
}

export const bypassCommand = buildCommand<Flags, [conduit: string], Context>({
  docs: {
    brief:
      "Takes a conduit from enforce to monitor for a while; the firewall itself ends it, back in enforce",
    fullDescription:
      "For an emergency: no plan and no approval, and reviewed afterwards. Every firewall of the conduit takes it, or says why not. It is written into the journal before " +
      'anything passes. A reboot of the firewall ends it, and so does "sluice abort FIREWALL".',
  },
  parameters: {
    flags: {
      reason: { kind: "parsed", parse: reasonText, placeholder: "TEXT", brief: "Why, for the review" },
      for: {
        kind: "parsed",
        parse: lasting("24h"),
        placeholder: "DURATION",
        brief: "How long, such as 30m; at most 24h",
      },
      ...actingFlags,
    },
    positional: {
      kind: "tuple",
      parameters: [{ parse: String, placeholder: "CONDUIT", brief: "The conduit" }],
    },
  },
  async func(flags, id) {
    const { site, folder } = loadSite(this, flags.site);
    const actor = whoActs(this, flags.identity, site.people);
    requireRight(site, "bypass", actor);
    const conduit = findNamed(site.conduits, id, "conduit");
    const takeOn = async (firewall: Firewall): Promise<MeasuredOn & { readonly until?: string }> => {
      const time = this.now();
      const measure = {
        ...{ action: "bypass" as const, actor: actor.person.id, firewall: firewall.id, reason: flags.reason },
        ...{ time: time.toISOString(), seconds: flags.for },
      };
      const taken = await measureOn(this, firewall, actor, async (driver) => {
        const rules = await bypassRules(driver, id);
        if (typeof rules === "string") return { kind: "refused", reason: rules };
        const order = measureOrder(measure, rules);
        await appendJournal(folder, [entry("bypassing", firewall, { plan: order.plan })]);
        return takeMeasure(driver, order);
      });
      const until = new Date(time.getTime() + flags.for * 1000).toISOString();
      return { firewall, taken, ...(taken.kind === "taken" && { until }) };
    };
    const entry = (action: string, firewall: Firewall, details: object): JournalContent => ({
      ...{
        time: this.now().toISOString(),
        actor: actor.person.id,
        action,
        firewall: firewall.id,
        conduit: id,
      },
      details: { reason: flags.reason, lease: flags.for, ...details },
    });
    // All at once: of a pair one may be out of reach, and an emergency does not wait for it.
    const all = await Promise.all(conduit.firewalls.map((name) => takeOn(firewallOf(site, name))));
    if (flags.json) {
      printDocument(this, bypassDocument, {
        ...{ conduit: id, seconds: flags.for },
        firewalls: all.map(({ firewall, taken, until }) => ({
          firewall: firewall.id,
          ...taken,
          ...(until && { until }),
        })),
      });
    }
    for (const { firewall, until } of flags.json ? [] : all) {
      if (until === undefined) continue;
      this.process.stdout.write(
        `${firewall.id}: ${id} is in monitor for ${formatDuration(flags.for)}, until about ${minute(until)}; then it is in ` +
          `enforce again by itself (sooner: sluice abort ${firewall.id})\n`,
      );
    }
    await recordDone(
      this,
      folder,
      all.map(({ firewall, taken }) => entry("bypass", firewall, taken)),
    );
    await sealAfter(this, folder, actor, all);
    const missing = all.flatMap(({ firewall, taken }) =>
      taken.kind === "taken" ? [] : [`${firewall.id}: ${printable(taken.reason)}`],
    );
    if (missing.length > 0) {
      throw new CommandError([...missing, ...splitPairs(all)].join("\n"), exitCodeOf(all));
    }
  },
});

/** The conduit's confirmed rules, in monitor; or why there is nothing to bypass. */
async function bypassRules(driver: Driver, id: string): Promise<TrialOrder["rules"] | string> {
  const [{ conduits }, ring] = [await driver.read(), await readRing(driver)];
  const running = conduits.find(({ trial }) => trial);
  if (running)
    return `a trial of ${running.conduit} runs on this firewall: "sluice abort" ends it, nothing was changed`;
  const rules = ring && currentOf(ring).rules.conduits.find(({ conduit }) => conduit === id);
  const stage = conduits.find(({ conduit }) => conduit === id)?.stage ?? "unmanaged";
  return stage === "enforce" && rules
    ? { ...rules, stage: "monitor" }
    : `${id} is ${stage === "monitor" ? "in monitor" : stage}: there is nothing to bypass, and nothing was changed`;
}
