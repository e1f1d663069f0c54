import { printable } from "../../diagnostics/printable.ts";
import { type Column, table } from "../../diagnostics/text-table.ts";
import type { DeviceObject } from "../../inventory/passive/announcement.ts";
import type { PassiveAsset } from "../../inventory/passive/asset.ts";
import type { Inventory } from "../../inventory/passive/assets.ts";

const columns: readonly Column[] = ["ADDRESS", "CARD", "ROLE", "VENDOR", "MODEL", "FIRMWARE", "NAME"].map(
  (heading) => ({ heading, align: "left" }),
);

/** Devices as a table, then why each is taken for what it is, what lies behind it, and what a human should look at. */
export function renderInventory({ assets, findings }: Inventory): string {
  const rows = assets.map((asset) => [
    asset.addresses.join(" "),
    asset.mac ?? "",
    asset.roles[0]?.role ?? "",
    asset.vendor ?? (asset.macVendor === undefined ? "" : `(${asset.macVendor})`),
    asset.model ?? "",
    asset.firmware ?? "",
    asset.name ?? "",
  ]);
  const reasons = assets.flatMap(reasonLines);
  const parts = [
    table(columns, rows),
    `${assets.length} devices; a vendor in brackets is the maker of the network card`,
    ...(reasons.length === 0 ? [] : [`Why:\n${reasons.join("\n")}`]),
    ...(findings.length === 0
      ? []
      : [`To be looked at:\n${findings.map((one) => `  ${printable(one)}`).join("\n")}`]),
  ];
  return `${parts.join("\n\n")}\n`;
}

function reasonLines({ addresses, mac, roles, parts, evidence, objects }: PassiveAsset): readonly string[] {
  const who = addresses[0] ?? mac ?? "";
  return [
    ...roles.map(({ role, reason }) => `  ${who}: ${role}: ${printable(reason)}`),
    ...(evidence.length === 0
      ? []
      : [`  ${who}: said by ${evidence.map(({ by, seen }) => `${by} (${seen})`).join(", ")}`]),
    ...(objects === undefined ? [] : [`  ${who}: has ${objectCounts(objects)}`]),
    ...parts.map(({ part, objects: its, ...facts }) => {
      const has = its === undefined ? [] : [objectCounts(its)];
      return `  ${who}: behind it: ${printable([part, ...Object.values(facts), ...has].join(", "))}`;
    }),
  ];
}

/** `3 objects: 2 analog-input, 1 schedule`. The document has each of them. */
function objectCounts(objects: readonly DeviceObject[]): string {
  const counts = new Map<string, number>();
  for (const { object } of objects) {
    const [type = ""] = object.split(" ");
    counts.set(type, (counts.get(type) ?? 0) + 1);
  }
  return `${objects.length} objects: ${[...counts].map(([type, count]) => `${count} ${type}`).join(", ")}`;
}
