import { buildCommand } from "@stricli/core";
import { type Coverage, coverage, defaultCycle } from "../../baseline/coverage/coverage.ts";
import { slotLength } from "../../baseline/presence.ts";
import type { Site } from "../../policy/model.ts";
import { loadBaseline } from "../baseline-file.ts";
import { CommandError, type Context, exitCodes } from "../context.ts";
import { coverageDocument } from "../documents/baseline.ts";
import { jsonFlag, printDocument } from "../documents/document.ts";
import { findNamed } from "../find-named.ts";
import { loadSite, siteFlag } from "../site-file.ts";
import { renderCoverage } from "../views/coverage.ts";

interface Flags {
  readonly site?: string;
  readonly cycle?: string;
  readonly json: boolean;
}

export const coverageCommand = buildCommand<Flags, string[], Context>({
  docs: {
    brief: "Says for each conduit whether enough was observed, and what is missing",
    fullDescription:
      "Counts in production cycles of the site file in how many of them each flow was seen, and estimates from that what " +
      "was not seen. Several baselines (days, or points of observation) are taken together. Exit code 1 when a conduit is " +
      "not ready.",
  },
  parameters: {
    flags: {
      site: siteFlag,
      cycle: {
        kind: "parsed",
        parse: String,
        optional: true,
        placeholder: "ID",
        brief: "The cycle to count in (default: the longest of the site, or a day)",
      },
      json: jsonFlag,
    },
    positional: {
      kind: "array",
      minimum: 1,
      parameter: { parse: String, placeholder: "FILE", brief: "Baselines, from sluice observe" },
    },
  },
  func({ site: file, cycle: id, json }, ...names) {
    const { site } = loadSite(this, file);
    const cycle = cycleOf(site, id);
    const baselines = names.map((name) => loadBaseline(this, name).baseline);
    if (!baselines.some(({ sources }) => sources.some(({ firstSeen }) => firstSeen !== undefined))) {
      throw new CommandError(
        "no source of these baselines has readable times, so no cycle can be counted: observe captures, or logs with times",
      );
    }
    const found = coverage(baselines, site, cycle);
    if (json) printDocument(this, coverageDocument, asDocument(found));
    else this.process.stdout.write(renderCoverage(found));
    // A site without conduits has none that is ready.
    if (found.conduits.length === 0 || found.conduits.some(({ limiting }) => limiting !== undefined))
      this.process.exitCode = exitCodes.failed;
  },
});

function cycleOf(site: Site, id: string | undefined): Coverage["cycle"] {
  const cycle = id === undefined ? defaultCycle(site) : findNamed(site.cycles ?? [], id, "cycle");
  if (cycle.length < slotLength) {
    throw new CommandError(
      `the cycle ${cycle.id} is shorter than the ${slotLength / 60} minutes that presence is kept in: name a longer one with --cycle`,
    );
  }
  return cycle;
}

const asDocument = ({ cycle, observed, conduits, elsewhere, timeless, denied }: Coverage) => ({
  cycle: {
    ...{ id: cycle.id, length: cycle.length, phases: cycle.phases },
    assumed: cycle.isAssumed === true,
  },
  observed,
  conduits: conduits.map(({ id, estimate, terms, limiting }) => ({
    id,
    ready: limiting === undefined,
    limiting: limiting?.name,
    ...estimate,
    terms,
  })),
  elsewhere,
  timeless,
  denied,
});
