import { sha256 } from "../../digest.ts";
import { authorityOf } from "../../plan/authority.ts";
import type { PlanContent } from "../../plan/plan.ts";
import { denialDocument } from "../../plan/rules-document.ts";
import { watchOf } from "../../plan/watch.ts";
import type { TrialTimes, Window } from "../../policy/model.ts";
import { replay } from "../criteria/replay.ts";
import { decisionsOf } from "../record.ts";
import type { PlanOrder } from "./order.ts";

/** What the plan takes over from the site, its files and its people. */
export function sources(
  order: PlanOrder,
): Omit<
  PlanContent,
  "from" | "to" | "difference" | "approval" | "compiled" | "boot" | "expected" | "base" | "undo"
> {
  const { site, conduit, ruleset, window, pair } = order;
  const isStandby = pair?.role === "standby";
  const criteria = (conduit.criteria ?? site.criteria)
    .filter(({ type }) => !(isStandby && needsTraffic.has(type)))
    .map(({ span: _, ...rule }) => rule);
  const watched = watchOf(conduit, ruleset.rules, order.baseline?.content);
  // A standby carries nothing: nobody is heard on it.
  const watch = isStandby ? { ...watched, heartbeats: [] } : watched;
  const history = replay(
    criteria,
    { ...watch, rates: watch.rates ?? [], decisions: decisionsOf(conduit) },
    order.samples ?? [],
  );
  return {
    author: order.author,
    created: order.created.toISOString(),
    site: { name: site.name, file: order.siteFile, sha256: sha256(order.siteText), text: order.siteText },
    conduit: conduit.id,
    firewall: order.firewall,
    // As JSON holds it: without fields that are undefined.
    certificate: JSON.parse(JSON.stringify(ruleset.certificate)),
    ...(order.baseline
      ? { baseline: { name: order.baseline.name, sha256: sha256(JSON.stringify(order.baseline.content)) } }
      : {}),
    denials: conduit.denials.map(denialDocument),
    watch,
    ...(window ? { window: windowOf(window, site.timezone) } : {}),
    criteria,
    exercises: (isStandby ? [] : (conduit.exercises ?? [])).map(({ span: _, permits, ...step }) => ({
      ...step,
      permits: [...permits],
    })),
    ...(history && { history }),
    trial: isStandby ? staggered(site.trial) : site.trial,
    ...(pair && { pair }),
    ...authorityOf(site),
    commands: [
      `sluice approve ${order.file}`,
      `sluice apply ${order.together}`,
      ...(isStandby && !pair.alone ? [] : [`sluice confirm ${order.file}`]),
      `sluice abort ${order.firewall.id}`,
      `sluice rollback ${order.firewall.id}`,
    ],
  };
}

/** What can only be measured where the traffic is. */
const needsTraffic: ReadonlySet<string> = new Set(["rate-collapse", "quiet-conduit"]);

/**
 * The two trials of a pair must not end at one moment. The primary, which carries the traffic, goes first in every case:
 * when nobody renews, at the maximum, and at the end of the window.
 */
const staggered = (trial: TrialTimes): TrialTimes => ({
  ...trial,
  lease: trial.lease + Math.max(2, Math.ceil(trial.lease / 4)),
  soak: 0,
  maximum: trial.maximum + trial.soak + 600,
  reserve: Math.max(0, trial.reserve - Math.min(60, Math.ceil(trial.reserve / 4))),
});

const windowOf = (window: Window, timezone: string): NonNullable<PlanContent["window"]> => ({
  id: window.id,
  timezone,
  days: [...window.days],
  ...(window.dates ? { dates: [...window.dates] } : {}),
  ...(window.except ? { except: [...window.except] } : {}),
  from: window.from,
  to: window.to,
});
