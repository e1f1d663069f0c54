import type { Span } from "../diagnostics/diagnostic.ts";
import { formatRange, overlaps } from "../net/address.ts";
import { formatService } from "../net/service.ts";
import { checks } from "./checks/registry.ts";
import { type PermitSubject, permitsOf, zoneById } from "./checks/subjects.ts";
import type { Asset, Conduit, FlowSet, Site, Zone } from "./model.ts";

/** What a name of the site file, or of a check, stands for: rows of a label and its text. */
export interface NameExplanation {
  readonly kind: "zone" | "conduit" | "asset" | "permit" | "check";
  readonly name: string;
  readonly rows: readonly (readonly [label: string, text: string])[];
  readonly span?: Span;
}

/** Explains a check by its id, with or without `check/` before it; undefined when there is no such check. */
export function explainCheck(name: string): NameExplanation | undefined {
  const check = checks.find(({ id }) => id === name.replace(/^check\//, ""));
  if (check === undefined) return undefined;
  return {
    kind: "check",
    name: check.id,
    rows: [
      ["looks for", check.about],
      ["mend", check.fix],
      ["serves", check.clause],
      ["severity", check.severity === "error" ? "error: cannot be silenced" : check.severity],
    ],
  };
}

/**
 * Explains a zone, a conduit, a permit (`conduit.permit`) or an asset (`zone.asset`, or the asset's name): all that bear
 * the name.
 */
export const explainName = (site: Site, name: string): readonly NameExplanation[] => [
  ...site.zones.filter(({ id }) => id === name).map((zone) => explainZone(site, zone)),
  ...site.conduits.filter(({ id }) => id === name).map(explainConduit),
  ...permitsOf(site)
    .filter(({ subject }) => subject === name)
    .map(explainPermit),
  ...site.zones
    .flatMap(({ assets }) => assets)
    .filter(({ id, zone }) => name === id || name === `${zone}.${id}`)
    .map((asset) => explainAsset(site, asset)),
];

/** Every name that `explainName` knows. */
export const namesOf = (site: Site): readonly string[] => [
  ...site.zones.map(({ id }) => id),
  ...site.conduits.map(({ id }) => id),
  ...permitsOf(site).map(({ subject }) => subject),
  ...site.zones.flatMap(({ assets }) => assets.map(({ id }) => id)),
];

function explainZone(site: Site, zone: Zone): NameExplanation {
  const conduits = site.conduits.filter(({ zones }) => zones.includes(zone.id));
  return {
    kind: "zone",
    name: zone.id,
    rows: [
      ...row("is", zone.description),
      ["security", `level ${zone.level}, SL-T ${zone.slTarget}`],
      ...row("consequence", zone.consequence),
      ["networks", zone.networks.map(formatRange).join(", ")],
      ["assets", zone.assets.map(({ id }) => id).join(", ") || "none"],
      ["conduits", conduits.map(({ id }) => id).join(", ") || "none"],
    ],
    span: zone.span,
  };
}

function explainConduit(conduit: Conduit): NameExplanation {
  const ids = (sets: readonly { readonly id: string }[]): string =>
    sets.map(({ id }) => id).join(", ") || "none";
  return {
    kind: "conduit",
    name: conduit.id,
    rows: [
      ...row("is", conduit.description),
      ["joins", conduit.zones.join(" and ")],
      ["firewalls", conduit.firewalls.join(", ")],
      ["permits", ids(conduit.permits)],
      ["denied", ids(conduit.denials)],
    ],
    span: conduit.span,
  };
}

function explainPermit({ conduit, permit, subject }: PermitSubject): NameExplanation {
  const marks = [
    permit.critical && "critical",
    permit.essential && "essential",
    permit.reconnectRequired && "reconnect required",
  ].filter((mark) => typeof mark === "string");
  return {
    kind: "permit",
    name: subject,
    rows: [
      ["conduit", `${conduit.id}, on ${conduit.firewalls.join(", ")}`],
      ...flowRows(permit),
      ["reason", permit.reason],
      ...row("owner", permit.owner),
      ...row("evidence", permit.evidence),
      ...row("marks", marks.join(", ") || undefined),
      ...row("expires", permit.expires),
    ],
    span: permit.span,
  };
}

/** Names as written, with what they stand for where that says more. */
const flowRows = ({ initiators, responders, services, written }: FlowSet): NameExplanation["rows"] => [
  ["from", list(written?.initiators, initiators.map(formatRange))],
  ["to", list(written?.responders, responders.map(formatRange))],
  ["services", list(written?.services, services.map(formatService))],
];

function list(names: readonly string[] | undefined, meant: readonly string[]): string {
  const [written, resolved] = [names?.join(", "), meant.join(", ")];
  return written === undefined || written === resolved ? resolved : `${written} (${resolved})`;
}

const row = (label: string, text: string | undefined): NameExplanation["rows"] =>
  text === undefined ? [] : [[label, text]];

function explainAsset(site: Site, asset: Asset): NameExplanation {
  const zone = zoneById(site, asset.zone);
  const subject = `${zone.id}.${asset.id}`;
  const permits = permitsOf(site);
  const touching = (end: "initiators" | "responders"): string | undefined =>
    permits
      .filter(({ permit }) =>
        permit[end].some((range) => asset.addresses.some((own) => overlaps(range, own))),
      )
      .map((permit) => permit.subject)
      .join(", ") || undefined;
  const exceptions = (site.exceptions ?? []).filter(
    ({ subject: about }) => about.kind === "asset" && about.zone === asset.zone && about.asset === asset.id,
  );
  return {
    kind: "asset",
    name: subject,
    rows: [
      ["addresses", asset.addresses.map(formatRange).join(", ")],
      ["zone", `${zone.id}, level ${zone.level}, SL-T ${zone.slTarget}`],
      ...row(
        "what",
        [asset.role, asset.vendor, asset.model, asset.firmware].filter(Boolean).join(", ") || undefined,
      ),
      ...row("owner", asset.owner),
      ...row("patches", asset.patch && [asset.patch.state, asset.patch.reason].filter(Boolean).join(": ")),
      ["may ask", touching("initiators") ?? "nobody"],
      ["is asked by", touching("responders") ?? "nobody"],
      ...exceptions.map(({ id, reason }) => ["exception", `${id}: ${reason}`] as const),
    ],
    span: asset.span,
  };
}
