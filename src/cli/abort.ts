import { buildCommand } from "@stricli/core";
import { printable } from "../diagnostics/printable.ts";
import { lockText } from "../rollout/holder.ts";
import { endTrial } from "../rollout/known-good/rollback.ts";
import { CommandError, type Context, exitCodes } from "./context.ts";
import { abortDocument } from "./documents/change.ts";
import { printDocument } from "./documents/document.ts";
import { type ActingFlags, actingFlags, whoActs } from "./rollout/actor.ts";
import { changeFirewall, firewallArgument, firewallOf, pairHint, placeOf } from "./rollout/firewall.ts";
import { recordDone } from "./rollout/journal-file.ts";
import { sealJournal } from "./rollout/journal-seal.ts";
import { loadSite } from "./site-file.ts";

export const abortCommand = buildCommand<ActingFlags, [firewall: string], Context>({
  docs: { brief: "Ends the trial that runs on a firewall, from any terminal; the previous stage remains" },
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
    const { ended, lock } = await changeFirewall(
      this,
      placeOf(firewall),
      actor.identity,
      async ({ driver }) => {
        const live = await driver.read();
        const trial = live.conduits.flatMap((one) => one.trial ?? [])[0];
        const holder = live.lock?.holder ?? "";
        return {
          lock: live.lock,
          ended: trial && (await endTrial(driver, trial.plan, holder, live.ownHash)),
        };
      },
    );
    if (!ended) {
      if (flags.json) printDocument(this, abortDocument, { firewall: id, proven: true });
      else {
        const held = lock ? `; it is locked by ${printable(lockText(lock))}` : "";
        this.process.stdout.write(`${id}: no trial runs, nothing was changed${held}\n`);
      }
      return;
    }
    const { kind: _, ...details } = ended;
    await recordDone(this, folder, [
      { time: this.now().toISOString(), actor: actor.person.id, action: "abort", firewall: id, details },
    ]);
    await sealJournal(this, folder, actor, placeOf(firewall));
    if (flags.json) printDocument(this, abortDocument, { firewall: id, ...details });
    if (!ended.proven) {
      throw new CommandError(`${id}: the trial is not proven to have ended`, exitCodes.unproven);
    }
    if (flags.json) return;
    this.process.stdout.write(
      `${id}: the trial of plan ${ended.plan}… is ended; the previous stage is what runs\n${pairHint(firewall)}`,
    );
  },
});
