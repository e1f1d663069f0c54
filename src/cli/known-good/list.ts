import { buildCommand } from "@stricli/core";
import { table } from "../../diagnostics/text-table.ts";
import { minute } from "../../report/words.ts";
import { damageToIndex, readRing, stateOfText, undoName } from "../../rollout/known-good/known-good.ts";
import { type Context, exitCodes } from "../context.ts";
import { knownGoodsDocument } from "../documents/change.ts";
import { printDocument } from "../documents/document.ts";
import { type ActingFlags, actingFlags, whoActs } from "../rollout/actor.ts";
import { firewallArgument, firewallOf, onFirewall, placeOf } from "../rollout/firewall.ts";
import { loadSite } from "../site-file.ts";

export const listCommand = buildCommand<ActingFlags, [firewall: string], Context>({
  docs: {
    brief: "Lists the known-goods of a firewall, and whether their texts lie there as they were kept",
    fullDescription:
      "Only reads. Exit code 1 when a text was changed or removed by hand: see `known-good mend`.",
  },
  parameters: {
    flags: actingFlags,
    positional: {
      kind: "tuple",
      parameters: [firewallArgument],
    },
  },
  async func(flags, id) {
    const { site } = loadSite(this, flags.site);
    const place = placeOf(firewallOf(site, id));
    const { identity } = whoActs(this, flags.identity, site.people);
    const { entries, current, script, damage } = await onFirewall(place, identity, async ({ driver }) => {
      const ring = await readRing(driver);
      return {
        current: ring?.current,
        damage: ring && (await damageToIndex(driver)),
        script: driver.pathOf(undoName),
        entries: await Promise.all(
          (ring?.entries ?? []).map(async (entry) => ({
            entry,
            state: await stateOfText(driver, entry, driver.absence),
          })),
        ),
      };
    });
    if (damage !== undefined || entries.some(({ state }) => state !== "whole"))
      this.process.exitCode = exitCodes.failed;
    if (flags.json) {
      printDocument(this, knownGoodsDocument, {
        firewall: id,
        ...(current !== undefined && { current }),
        ...(damage !== undefined && { damage }),
        entries: entries.map(({ entry: { number, parent, plan, kept, pinned, rules }, state }) => ({
          ...{ number, kept, text: state },
          ...(parent !== undefined && { parent }),
          ...(plan !== undefined && { plan }),
          ...(pinned && { pinned }),
          conduits: rules.conduits.map(({ conduit, stage }) => ({ conduit, stage })),
        })),
      });
      return;
    }
    if (entries.length === 0) {
      this.process.stdout.write(`${id}: no known-goods yet\n`);
      return;
    }
    const rows = entries.map(({ entry, state }) => [
      `${entry.number}${entry.number === current ? " (current)" : ""}`,
      minute(entry.kept),
      entry.rules.conduits.map(({ conduit, stage }) => `${conduit} ${stage}`).join(", ") || "nothing of ours",
      entry.pinned ? `pinned by ${entry.pinned.by}: ${entry.pinned.reason}` : "",
      state === "whole" ? "" : `ITS TEXT IS ${state.toUpperCase()}`,
    ]);
    const columns = ["number", "kept", "conduits", "", ""].map((heading) => ({
      heading,
      align: "left" as const,
    }));
    this.process.stdout.write(
      `${table(columns, rows)}\n${damage === undefined ? "" : `${damage}; the other one was read\n`}at the console, without this program: sh ${script} NUMBER\n`,
    );
  },
});
