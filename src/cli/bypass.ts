import { buildCommand } from "@stricli/core";
import { printable } from "../diagnostics/printable.ts";
import { formatDuration } from "../policy/duration.ts";
import { minute } from "../report/words.ts";
import { measureOrder, type Taken, takeMeasure } from "../rollout/emergency/emergency.ts";
import type { JournalContent } from "../rollout/journal.ts";
import { currentOf, readRing } from "../rollout/known-good/known-good.ts";
import type { Driver, TrialOrder } from "../target.ts";
import { CommandError, type Context, exitCodes } from "./context.ts";
import { bypassDocument } from "./documents/change.ts";
import { printDocument } from "./documents/document.ts";
import { type ActingFlags, actingFlags, whoActs } from "./rollout/actor.ts";
import { firewallOf, onFirewall, placeOf } from "./rollout/firewall.ts";
import { appendJournal, recordDone } from "./rollout/journal-file.ts";
import { sealJournal } from "./rollout/journal-seal.ts";
import { exitCodeOf, lasting, reasonText, requireRight } from "./rollout/measure.ts";
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
      "For an emergency: no plan and no approval, and reviewed afterwards. It is written into the journal before " +
      'anything passes. A reboot of the firewall ends it, and so does "sluice abort FIREWALL".',
  },
  parameters: {
    flags: {
      reason: { kind: "parsed", parse: reasonText, placeholder: "TEXT", brief: "Why, for the review" },
      for: {
        kind: "parsed",
        parse: lasting("24h"),
        placeholder: "TIME",
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
    const conduit = site.conduits.find((one) => one.id === id);
    if (!conduit) throw new CommandError(`there is no conduit "${id}" in the site file`);
    const done: (Taken & { readonly firewall: string; readonly until?: string })[] = [];
    for (const firewall of conduit.firewalls) {
      const place = placeOf(firewallOf(site, firewall));
      const time = this.now();
      const measure = {
        ...{ action: "bypass" as const, actor: actor.person.id, firewall, reason: flags.reason },
        ...{ time: time.toISOString(), seconds: flags.for },
      };
      const entry = (action: string, details: object): JournalContent => ({
        ...{ time: this.now().toISOString(), actor: actor.person.id, action, firewall, conduit: id },
        details: { reason: flags.reason, lease: flags.for, ...details },
      });
      const taken = await onFirewall(
        place,
        actor.identity,
        async ({ driver }): Promise<Taken> => {
          const rules = await bypassRules(driver, id);
          if (typeof rules === "string") return { kind: "refused", reason: rules };
          const order = measureOrder(measure, rules);
          await appendJournal(folder, [entry("bypassing", { plan: order.plan })]);
          return takeMeasure(driver, order);
        },
        exitCodes.unproven,
      );
      await recordDone(this, folder, [entry("bypass", taken)]);
      await sealJournal(this, folder, actor, place);
      const until = new Date(time.getTime() + flags.for * 1000).toISOString();
      done.push({ firewall, ...taken, ...(taken.kind === "taken" && { until }) });
      if (taken.kind !== "taken") break;
      if (flags.json) continue;
      this.process.stdout.write(
        `${firewall}: ${id} is in monitor for ${formatDuration(flags.for)}, until about ${minute(until)}; then it is in ` +
          `enforce again by itself (sooner: sluice abort ${firewall})\n`,
      );
    }
    if (flags.json) printDocument(this, bypassDocument, { conduit: id, seconds: flags.for, firewalls: done });
    const failed = done.at(-1);
    if (failed && failed.kind !== "taken") {
      throw new CommandError(`${failed.firewall}: ${printable(failed.reason)}`, exitCodeOf(failed));
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
  const stage = conduits.find(({ conduit }) => conduit === id)?.stage ?? "not managed";
  return stage === "enforce" && rules
    ? { ...rules, stage: "monitor" }
    : `${id} is ${stage}: there is nothing to bypass, and nothing was changed`;
}
