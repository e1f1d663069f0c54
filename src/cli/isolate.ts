import { buildCommand } from "@stricli/core";
import { targets } from "../../targets/index.ts";
import type { ConduitRules } from "../compile/ir.ts";
import { printable } from "../diagnostics/printable.ts";
import { formatDuration } from "../policy/duration.ts";
import type { Firewall, Site, Zone } from "../policy/model.ts";
import { duration } from "../report/words.ts";
import { endMeasure, measureOrder, takeOver } from "../rollout/emergency/emergency.ts";
import { islandName, islandOf } from "../rollout/emergency/island.ts";
import type { Driver } from "../target.ts";
import { compileConduit } from "../verify/compile.ts";
import { CommandError, type Context } from "./context.ts";
import { isolationDocument } from "./documents/change.ts";
import { printDocument } from "./documents/document.ts";
import { findNamed } from "./find-named.ts";
import { type ActingFlags, actingFlags, whoActs } from "./rollout/actor.ts";
import { recordDone } from "./rollout/journal-file.ts";
import {
  exitCodeOf,
  lasting,
  measureOn,
  reasonText,
  requireRight,
  sealAfter,
  splitPairs,
} from "./rollout/measure.ts";
import { proofBudget } from "./rulesets.ts";
import { loadSite } from "./site-file.ts";

interface Flags extends ActingFlags {
  readonly reason: string;
  readonly for: number;
  readonly end: boolean;
}

export const isolateCommand = buildCommand<Flags, [zone: string], Context>({
  docs: {
    brief: "Cuts a zone off at once: only the permits marked essential remain, for a while or until --end",
    fullDescription:
      "Island mode (IEC 62443-3-3 SR 5.2 RE 2) on every firewall of the zone's conduits. It also cuts what no conduit " +
      "covers. It ends a trial or a bypass that runs there, and never the isolation of another zone: a firewall holds one. No " +
      "plan and no approval; a reboot of the firewall ends it.",
  },
  parameters: {
    flags: {
      reason: { kind: "parsed", parse: reasonText, placeholder: "TEXT", brief: "Why, for the review" },
      for: {
        kind: "parsed",
        parse: lasting("7d"),
        default: "8h",
        placeholder: "DURATION",
        brief: "How long, at most 7d; the firewall ends it by itself",
      },
      end: { kind: "boolean", default: false, withNegated: false, brief: "End the isolation now" },
      ...actingFlags,
    },
    positional: {
      kind: "tuple",
      parameters: [{ parse: String, placeholder: "ZONE", brief: "The zone" }],
    },
  },
  async func(flags, id) {
    const start = performance.now();
    const { site, folder } = loadSite(this, flags.site);
    const actor = whoActs(this, flags.identity, site.people);
    requireRight(site, "isolate", actor);
    const zone = findNamed(site.zones, id, "zone");
    const firewalls = firewallsOf(site, zone);
    if (firewalls.length === 0) throw new CommandError(`no conduit of ${id} runs over a firewall`);
    const time = this.now().toISOString();
    const steps = firewalls.map((firewall) => {
      if (flags.end) return { firewall, step: (driver: Driver) => endMeasure(driver, islandName(id)) };
      const measure = {
        ...{ action: "isolate" as const, actor: actor.person.id, firewall: firewall.id },
        ...{ reason: flags.reason, time, seconds: flags.for },
      };
      const order = measureOrder(measure, islandRules(site, zone, firewall));
      return { firewall, step: (driver: Driver) => takeOver(driver, order) };
    });
    // All at once: a zone is not cut off before the last of its firewalls does it.
    const all = await Promise.all(
      steps.map(async ({ firewall, step }) => ({
        firewall,
        taken: await measureOn(this, firewall, actor, step),
      })),
    );
    const seconds = Math.round(performance.now() - start) / 1000;
    if (flags.json) {
      printDocument(this, isolationDocument, {
        ...{ zone: id, ended: flags.end, seconds, ...(!flags.end && { lease: flags.for }) },
        firewalls: all.map(({ firewall, taken }) => ({ firewall: firewall.id, ...taken })),
      });
    }
    for (const { firewall, taken } of flags.json ? [] : all) {
      if (taken.kind === "taken" && taken.already !== undefined) {
        this.process.stdout.write(
          `${firewall.id}: zone ${id} is isolated already, for ${duration(taken.already)} more; nothing was changed there\n`,
        );
        continue;
      }
      const done = flags.end ? "is no longer isolated" : `is isolated for ${formatDuration(flags.for)}`;
      this.process.stdout.write(
        taken.kind === "taken"
          ? `${firewall.id}: zone ${id} ${done}, read from the firewall (${seconds.toFixed(2)} s)\n`
          : `${firewall.id}: ${taken.kind.toUpperCase()}: ${printable(taken.reason)}\n`,
      );
    }
    for (const line of splitPairs(all)) this.process.stderr.write(`${line}\n`);
    this.process.exitCode = exitCodeOf(all);
    // The firewall first, the book second: a journal that is not whole must not stand in the way.
    await recordDone(
      this,
      folder,
      all.map(({ firewall, taken }) => ({
        ...{ time: this.now().toISOString(), actor: actor.person.id, firewall: firewall.id },
        action: flags.end ? "isolation-ended" : "isolate",
        details: {
          zone: id,
          reason: flags.reason,
          ...(flags.end ? {} : { lease: flags.for }),
          ...taken,
          seconds,
        },
      })),
    );
    await sealAfter(this, folder, actor, all);
  },
});

/** The firewalls between a zone and its neighbours. */
const firewallsOf = (site: Site, zone: Zone): readonly Firewall[] =>
  site.firewalls.filter(({ id }) =>
    site.conduits.some(({ zones, firewalls }) => zones.includes(zone.id) && firewalls.includes(id)),
  );

/** The rules of the island, proved to say what they should. @throws {CommandError} */
function islandRules(site: Site, zone: Zone, firewall: Firewall): ConduitRules {
  const target = targets.get(firewall.target);
  if (!target) throw new CommandError(`firewall ${firewall.id}: there is no target "${firewall.target}"`);
  const { ruleset } = compileConduit({
    ...islandOf(site, zone, firewall),
    ...{ firewall: firewall.id, stage: "enforce", target, baseline: undefined, budget: proofBudget() },
  });
  // What was observed before does not matter in an emergency.
  if (ruleset?.claims.every(({ claim, result }) => result === "proved" || claim === "baseline-kept")) {
    return ruleset.rules;
  }
  throw new CommandError(`the rules that isolate ${zone.id} on ${firewall.id} are not proved`);
}
