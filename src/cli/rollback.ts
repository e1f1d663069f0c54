import { buildCommand, numberParser } from "@stricli/core";
import { printableLines } from "../diagnostics/printable.ts";
import { type Rollback, rollBack } from "../rollout/known-good/rollback.ts";
import { CommandError, type Context, exitCodes } from "./context.ts";
import { rollbackDocument } from "./documents/change.ts";
import { printDocument } from "./documents/document.ts";
import { type ActingFlags, actingFlags, whoActs } from "./rollout/actor.ts";
import { changeFirewall, firewallArgument, firewallOf, pairHint, placeOf } from "./rollout/firewall.ts";
import { recordDone } from "./rollout/journal-file.ts";
import { sealJournal } from "./rollout/journal-seal.ts";
import { loadSite } from "./site-file.ts";

interface Flags extends ActingFlags {
  readonly to?: number;
}

export const rollbackCommand = buildCommand<Flags, [firewall: string], Context>({
  docs: {
    brief:
      "Takes a firewall one step back at once: ends a running trial, else restores the known-good before",
  },
  parameters: {
    flags: {
      to: {
        kind: "parsed",
        parse: numberParser,
        optional: true,
        placeholder: "NUMBER",
        brief:
          'The known-good to restore (default: the one before the current one); "sluice status" lists them',
      },
      ...actingFlags,
    },
    positional: {
      kind: "tuple",
      parameters: [firewallArgument],
    },
  },
  async func(flags, id) {
    const start = performance.now();
    const { site, folder } = loadSite(this, flags.site);
    const firewall = firewallOf(site, id);
    const actor = whoActs(this, flags.identity, site.people);
    const result = await changeFirewall(this, placeOf(firewall), actor.identity, ({ driver }) =>
      rollBack(driver, flags.to),
    );
    const seconds = Math.round(performance.now() - start) / 1000;
    // The firewall first, the book second: a journal that is not whole must not stand in the way back.
    const details = { ...result, seconds };
    const entry = {
      time: this.now().toISOString(),
      actor: actor.person.id,
      action: "rollback",
      firewall: id,
      details,
    };
    if (flags.json) printDocument(this, rollbackDocument, { firewall: id, ...result, seconds });
    else {
      const hint = result.kind === "trial-ended" || result.kind === "restored" ? pairHint(firewall) : "";
      this.process.stdout.write(
        `${id}: ${printableLines(describe(result))} (${seconds.toFixed(2)} s)\n${hint}`,
      );
    }
    this.process.exitCode = exitCodeOf(result);
    await recordDone(this, folder, [entry]);
    await sealJournal(this, folder, actor, placeOf(firewall));
    if (result.kind === "nothing-to-restore")
      throw new CommandError(`${id}: there is no known-good to go back to`);
    if (result.kind === "not-kept") {
      const known = result.numbers.join(", ");
      throw new CommandError(`${id}: there is no known-good ${flags.to}; it has ${known || "none yet"}`);
    }
  },
});

function describe(result: Rollback): string {
  switch (result.kind) {
    case "trial-ended":
      return `the trial of plan ${result.plan}… is ended; what was confirmed before is ${result.proven ? "what runs" : "NOT PROVEN to run"}`;
    case "restored":
      return [
        `known-good ${result.number} is ${result.proven ? "what runs" : "NOT PROVEN to run"}; ` +
          `a reboot ${result.persisted ? "loads it too" : "would NOT load it"}`,
        ...(result.troubles ?? []).map(
          (trouble) => `${trouble}. Mend that, then roll back to ${result.number} once more`,
        ),
      ].join("\n  ");
    case "nothing-to-restore":
    case "not-kept":
      return "nothing was changed";
  }
}

function exitCodeOf(result: Rollback): number {
  switch (result.kind) {
    case "trial-ended":
      return result.proven ? exitCodes.done : exitCodes.unproven;
    case "restored":
      if (!result.proven) return exitCodes.unproven;
      return result.persisted && !result.troubles ? exitCodes.done : exitCodes.notPersisted;
    case "nothing-to-restore":
    case "not-kept":
      return exitCodes.failed;
  }
}
