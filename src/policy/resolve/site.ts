import type { Definition, Site } from "../model.ts";
import type { SiteFile } from "../schema/site.ts";
import { resolveConduits } from "./conduits.ts";
import { resolveAssertions, resolveExceptions, resolveSilences } from "./decisions.ts";
import { resolveEndpoints } from "./endpoints.ts";
import { resolveFirewalls, type TargetDefaults } from "./firewalls.ts";
import { resolveApprovals, resolvePeople, resolveRights } from "./people.ts";
import { reportUnknown } from "./references.ts";
import type { Resolution } from "./report.ts";
import { resolveCycles, resolveSiteCriteria, resolveTrial, resolveWindows } from "./rollout.ts";
import { resolveServices } from "./services.ts";
import { resolveTimeZone } from "./time-zone.ts";
import { resolveZones } from "./zones.ts";

/** Replaces the names in a site file by what they mean. The result counts only when nothing was reported. */
export function resolveSite(to: Resolution, file: SiteFile, targets: TargetDefaults): Site {
  const zones = resolveZones(to, file.zones);
  const zoneIds = new Set<string>(zones.map(({ id }) => id));
  const services = resolveServices(to, file.services);
  const endpoints = resolveEndpoints(to, zones, file.groups);
  const people = resolvePeople(to, file.people);
  const personIds = new Set<string>(people.map(({ id }) => id));
  const firewalls = resolveFirewalls(to, file.firewalls, targets, zoneIds);
  const criteria = resolveSiteCriteria(to, file.criteria, zones);
  reportUnknownOwners(to, file.zones, personIds);
  const conduits = resolveConduits(to, file.conduits, {
    endpoints,
    services,
    zones: zoneIds,
    firewalls: new Set<string>(firewalls.map(({ id }) => id)),
    people: personIds,
    criteria,
    siteZones: zones,
  });
  return {
    name: file.site.name,
    timezone: resolveTimeZone(to, file.site.timezone),
    zones,
    conduits,
    firewalls,
    people,
    windows: resolveWindows(to, file.windows),
    criteria,
    approvals: resolveApprovals(file.approvals),
    trial: resolveTrial(to, file.trial),
    rights: resolveRights(file.rights),
    exceptions: resolveExceptions(to, file.exceptions, { zones, conduits, people: personIds }),
    assertions: resolveAssertions(to, file.assertions, endpoints, services),
    silences: resolveSilences(to, file.silences),
    cycles: resolveCycles(to, file.cycles),
    definitions: {
      services: definitions(to, "services", file.services),
      groups: definitions(to, "groups", file.groups),
      references: references(file),
    },
  };
}

function definitions(to: Resolution, section: string, entries: object | undefined): readonly Definition[] {
  return Object.keys(entries ?? {}).map((name) => ({ name, span: to.source.locate([section, name], "key") }));
}

function references(file: SiteFile): ReadonlySet<string> {
  const names = new Set<string>();
  const add = (...lists: readonly (readonly string[])[]): void => {
    for (const list of lists) for (const name of list) names.add(name);
  };
  for (const { permits, denied } of Object.values(file.conduits ?? {})) {
    for (const flows of Object.values(permits ?? {})) add(flows.initiators, flows.responders, flows.services);
    for (const flows of Object.values(denied ?? {})) add(flows.initiators, flows.responders, flows.services);
  }
  for (const { accept, deny } of Object.values(file.assertions ?? {})) {
    const asserted = accept ?? deny;
    if (asserted !== undefined) add(asserted.from, asserted.to, asserted.services);
  }
  add(...Object.values(file.groups ?? {}), ...Object.values(file.services ?? {}));
  return names;
}

function reportUnknownOwners(to: Resolution, zones: SiteFile["zones"], people: ReadonlySet<string>): void {
  for (const [zone, { assets }] of Object.entries(zones)) {
    for (const [asset, { owner }] of Object.entries(assets ?? {})) {
      const path = ["zones", zone, "assets", asset, "owner"];
      if (owner !== undefined) reportUnknown(to, "person", owner, path, people);
    }
  }
}
