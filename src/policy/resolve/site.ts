import type { Site } from "../model.ts";
import type { SiteFile } from "../schema/site.ts";
import { resolveConduits } from "./conduits.ts";
import { indexEndpoints } from "./endpoints.ts";
import { resolveFirewalls, type TargetDefaults } from "./firewalls.ts";
import { resolveApprovals, resolvePeople } from "./people.ts";
import type { Resolution } from "./report.ts";
import { resolveCriteria, resolveTrial, resolveWindows } from "./rollout.ts";
import { resolveServices } from "./services.ts";
import { resolveTimeZone } from "./time-zone.ts";
import { resolveZones } from "./zones.ts";

/** Replaces the names in a site file by what they mean. The result counts only when nothing was reported. */
export function resolveSite(to: Resolution, file: SiteFile, targets: TargetDefaults): Site {
  const zones = resolveZones(to, file.zones);
  const services = resolveServices(to, file.services);
  const people = resolvePeople(to, file.people);
  const firewalls = resolveFirewalls(to, file.firewalls, targets);
  const names = {
    endpoints: indexEndpoints(zones),
    services,
    zones: new Set<string>(zones.map(({ id }) => id)),
    firewalls: new Set<string>(firewalls.map(({ id }) => id)),
    people: new Set<string>(people.map(({ id }) => id)),
  };
  return {
    name: file.site.name,
    timezone: resolveTimeZone(to, file.site.timezone),
    zones,
    conduits: resolveConduits(to, file.conduits, names),
    firewalls,
    people,
    windows: resolveWindows(to, file.windows),
    criteria: resolveCriteria(to, file.criteria),
    approvals: resolveApprovals(file.approvals),
    trial: resolveTrial(to, file.trial),
  };
}
