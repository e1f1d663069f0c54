import { buildCommand } from "@stricli/core";
import { printable } from "../diagnostics/printable.ts";
import { type Drift, driftOf } from "../rollout/known-good/drift.ts";
import { readRing } from "../rollout/known-good/known-good.ts";
import { type Context, exitCodes } from "./context.ts";
import { driftDocument } from "./documents/change.ts";
import { printDocument } from "./documents/document.ts";
import { type ActingFlags, actingFlags, whoActs } from "./rollout/actor.ts";
import { firewallOf, onFirewall, placeOf } from "./rollout/firewall.ts";
import { recordDone } from "./rollout/journal-file.ts";
import { loadSite } from "./site-file.ts";

export const driftCommand = buildCommand<ActingFlags, [firewall?: string], Context>({
  docs: {
    brief:
      "Compares what runs with the known-good and with what a reboot would load; exit 1 when they differ",
    fullDescription:
      "Only reads from the firewall; what was found goes into the journal. Compares the part that is Sluice's; the rules of " +
      "others are compared when a plan is applied.",
  },
  parameters: {
    flags: actingFlags,
    positional: {
      kind: "tuple",
      parameters: [
        {
          parse: String,
          placeholder: "FIREWALL",
          brief: "The firewall (default: every one)",
          optional: true,
        },
      ],
    },
  },
  async func(flags, id) {
    const { site, folder } = loadSite(this, flags.site);
    const actor = whoActs(this, flags.identity, site.people);
    const found: (Drift & { readonly firewall: string })[] = [];
    for (const firewall of id === undefined ? site.firewalls : [firewallOf(site, id)]) {
      const drift = await onFirewall(placeOf(firewall), actor.identity, async ({ driver }) =>
        driftOf(driver, await driver.read(), await readRing(driver)),
      );
      found.push({ firewall: firewall.id, ...drift });
    }
    // The record says when somebody looked, and what they found.
    await recordDone(
      this,
      folder,
      found.map(({ firewall, knownGood, live, boot, bootIsLive }) => ({
        ...{ time: this.now().toISOString(), actor: actor.person.id, action: "drift", firewall },
        details: { knownGood, live: live !== undefined, boot: boot !== undefined, bootIsLive },
      })),
    );
    if (flags.json) printDocument(this, driftDocument, { firewalls: found });
    else this.process.stdout.write(found.map(driftText).join(""));
    if (found.some((one) => one.live ?? one.boot)) this.process.exitCode = exitCodes.failed;
  },
});

function driftText({ firewall, knownGood, live, boot, bootIsLive }: Drift & { readonly firewall: string }) {
  const kept = knownGood === undefined ? "nothing, as before first contact" : `known-good ${knownGood}`;
  const lines = [
    live === undefined
      ? `${firewall}: what runs is ${kept}`
      : `${firewall}: what runs is NOT ${kept}:\n${live}`,
    boot === undefined
      ? `${firewall}: a reboot would load ${kept}`
      : bootIsLive
        ? `${firewall}: a reboot would load what runs`
        : `${firewall}: a reboot would load something else than ${kept}:\n${boot}`,
  ];
  return lines
    .flatMap((text) => text.trimEnd().split("\n"))
    .map((line) => `${printable(line)}\n`)
    .join("");
}
