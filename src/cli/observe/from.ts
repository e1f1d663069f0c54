import { existsSync } from "node:fs";
import { setTimeout as timer } from "node:timers/promises";
import { targets } from "../../../targets/index.ts";
import { formatBaseline } from "../../baseline/file.ts";
import type { Baseline } from "../../baseline/flow.ts";
import { places } from "../../baseline/propose/places.ts";
import { printable } from "../../diagnostics/printable.ts";
import type { Firewall, Site } from "../../policy/model.ts";
import { collect, type FirewallReading } from "../../rollout/collect/collect.ts";
import type { Driver } from "../../target.ts";
import { loadBaseline } from "../baseline-file.ts";
import { CommandError, type Context } from "../context.ts";
import { writeFileAtomic } from "../files.ts";
import { whoActs } from "../rollout/actor.ts";
import { firewallOf, onFirewall, placeOf } from "../rollout/firewall.ts";
import { untilInterrupted } from "../rollout/interruption.ts";
import { loadSite } from "../site-file.ts";
import type { CollectingFlags } from "./collecting-flags.ts";

/** How often the counters are read when only the length of the observation was said. */
const everySeconds = 60;

/**
 * Reads what a firewall itself counted, recorded and holds open into a baseline, once or again and again, and writes the
 * baseline after each reading. A reading that fails is told and tried again; the first one must succeed. Only reads.
 * @param file absolute path of the baseline that grows, if any.
 * @throws {CommandError}
 */
export async function observeFirewall(
  context: Context,
  id: string,
  order: { readonly [Flag in keyof CollectingFlags]: CollectingFlags[Flag] | undefined },
  file: string | undefined,
): Promise<Baseline> {
  const { site } = loadSite(context, order.site);
  const firewall = firewallOf(site, id);
  const { identity } = whoActs(context, order.identity, site.people);
  const where = places(site);
  if (targets.get(firewall.target)?.capabilities.judge === "nobody") {
    context.process.stderr.write(
      `note: ${firewall.id}: UNPROVEN: no real firewall of this kind has been read here; what its counters, log and states ` +
        "say rests on documentation alone\n",
    );
  }
  const { every = everySeconds } = order;
  const further =
    order.for !== undefined
      ? Math.floor(order.for / every)
      : order.every === undefined
        ? 0
        : Number.POSITIVE_INFINITY;
  let baseline = file !== undefined && existsSync(file) ? loadBaseline(context, file).baseline : undefined;
  const readOnce = async (): Promise<void> => {
    const reading = await onFirewall(placeOf(firewall), identity, ({ driver }) =>
      readFirewall(site, firewall, driver, () => context.now().getTime() / 1000),
    );
    const collected = collect(baseline, reading, where);
    baseline = collected.baseline;
    if (file !== undefined) writeFileAtomic(file, formatBaseline(baseline));
    for (const warning of collected.warnings) {
      context.process.stderr.write(`warning: ${firewall.id}: ${printable(warning)}\n`);
    }
  };
  await readOnce();
  await untilInterrupted(async (signal) => {
    for (let round = 0; round < further; round += 1) {
      await timer(every * 1000, undefined, { signal }).catch((error: Error) => {
        if (error.name !== "AbortError") throw error;
      });
      if (signal.aborted) break;
      await readOnce().catch((error: unknown) => {
        if (!(error instanceof CommandError)) throw error;
        context.process.stderr.write(`warning: ${printable(error.message)}; reading again in ${every} s\n`);
      });
    }
  });
  return baseline!;
}

async function readFirewall(
  site: Site,
  firewall: Firewall,
  driver: Driver,
  now: () => number,
): Promise<FirewallReading> {
  const live = new Set((await driver.read()).conduits.map(({ conduit }) => conduit));
  const conduits: { conduit: string; counters: Awaited<ReturnType<Driver["counters"]>> }[] = [];
  for (const { id } of site.conduits.filter((one) => live.has(one.id))) {
    conduits.push({ conduit: id, counters: await driver.counters(id, "with totals") });
  }
  if (conduits.length === 0) {
    throw new CommandError(
      `no conduit of the site runs on ${firewall.id}, so it records nothing yet: take one to monitor first`,
    );
  }
  const sessions = await driver.sessions();
  return { firewall: firewall.id, target: firewall.target, time: now(), conduits, sessions };
}
