import { buildCommand } from "@stricli/core";
import { deadManNames, drillProblems, isInTime, isWeak, rehearse } from "../rollout/drill.ts";
import type { Firing } from "../target.ts";
import { CommandError, type Context } from "./context.ts";
import { drillDocument } from "./documents/change.ts";
import { printDocument } from "./documents/document.ts";
import { type ActingFlags, actingFlags, whoActs } from "./rollout/actor.ts";
import { firewallArgument, firewallOf, onFirewall, placeOf } from "./rollout/firewall.ts";
import { recordDone } from "./rollout/journal-file.ts";
import { sealJournal } from "./rollout/journal-seal.ts";
import { loadSite } from "./site-file.ts";

export const drillCommand = buildCommand<ActingFlags, [firewall: string], Context>({
  docs: {
    brief:
      "Rehearses on a firewall what ends a trial when nobody acts, away from any packet; exit 1 when it fails",
    fullDescription:
      "Every trial is preceded by the same rehearsal. No rule that packets meet is touched. What each dead man took to " +
      "fire goes into the journal, and from there into the next plan and its review.",
  },
  parameters: {
    flags: actingFlags,
    positional: {
      kind: "tuple",
      parameters: [firewallArgument],
    },
  },
  async func(flags, id) {
    const { site, folder } = loadSite(this, flags.site);
    const firewall = firewallOf(site, id);
    const actor = whoActs(this, flags.identity, site.people);
    const place = placeOf(firewall);
    const { firings } = await onFirewall(place, actor.identity, async ({ driver }) => {
      const facts = await driver.facts();
      // What is missing for a change may be missing for the drill: whoever mends it starts there.
      if (facts.deadMen.length === 0) throw new CommandError(facts.obstacles.join("\n"));
      return rehearse(driver, site.trial.lease);
    });
    const problems = drillProblems(firings);
    const details = problems.length > 0 ? { firings, problems } : { firings };
    await recordDone(this, folder, [
      { time: this.now().toISOString(), actor: actor.person.id, action: "drilled", firewall: id, details },
    ]);
    await sealJournal(this, folder, actor, place);
    if (flags.json) printDocument(this, drillDocument, { firewall: id, firings, problems });
    else this.process.stdout.write(drillText(id, firings));
    if (problems.length > 0) throw new CommandError(`${id}: ${problems.join("\n")}`);
  },
});

const drillText = (firewall: string, firings: readonly Firing[]): string =>
  [
    `${firewall}:`,
    ...firings.map(
      (firing) =>
        `  ${deadManNames[firing.by]}: fired after ${firing.seconds.toFixed(2)} s (due after ${firing.due.toFixed(2)} s)` +
        (isInTime(firing) ? "" : ": NOT IN TIME"),
    ),
    ...(isWeak(firings.map(({ by }) => by))
      ? ["  none of them is held by a kernel or an init system: a kill on the firewall ends them"]
      : []),
    "",
  ].join("\n");
