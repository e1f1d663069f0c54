import { printable } from "../../diagnostics/printable.ts";
import { type Column, table } from "../../diagnostics/text-table.ts";
import type { DeviceObject } from "../../inventory/passive/announcement.ts";
import type { PassiveAsset } from "../../inventory/passive/asset.ts";
import type { Inventory } from "../../inventory/passive/assets.ts";
import { fitted, type Least } from "./fitted.ts";

const headings = ["ADDRESS", "CARD", "ROLE", "VENDOR", "MODEL", "FIRMWARE", "NAME"] as const;
const columns: readonly Column[] = headings.map((heading) => ({ heading, align: "left" }));
/** An address and a card are of no use in part. */
const least: Least = [undefined, undefined, 12, 6, 5, 8, 4];
/** Wide enough where no terminal says how wide it is; what a device says of itself may be longer. */
const usualWidth = 200;

/**
 * Devices as a table, then why each is taken for what it is, what lies behind it, and what a human should look at.
 * @param width of the terminal, which the table fits where it can.
 */
export function renderInventory({ assets, findings }: Inventory, width: number = usualWidth): string {
  const rows = assets.map((asset) => [
    addressCell(asset.addresses),
    asset.mac ?? "",
    asset.roles[0]?.role ?? "",
    asset.vendor ?? (asset.macVendor === undefined ? "" : `(${asset.macVendor})`),
    asset.model ?? "",
    asset.firmware ?? "",
    asset.name ?? "",
  ]);
  const reasons = assets.flatMap(reasonLines);
  const parts = [
    table(columns, fitted(rows, headings, least, width)),
    `${assets.length} devices; a vendor in brackets is the maker of the network card`,
    ...(reasons.length === 0 ? [] : [`Why:\n${reasons.join("\n")}`]),
    ...(findings.length === 0
      ? []
      : [`To be looked at:\n${findings.map((one) => `  ${printable(one)}`).join("\n")}`]),
  ];
  return `${parts.join("\n\n")}\n`;
}

/** The first of several, and how many more. */
const addressCell = ([first = "", ...more]: readonly string[]): string =>
  more.length === 0 ? first : `${first} +${more.length}`;

function reasonLines(asset: PassiveAsset): readonly string[] {
  const { addresses, mac, ports, roles, parts, evidence, objects } = asset;
  const who = addresses[0] ?? mac ?? "";
  return [
    ...(addresses.length > 1 ? [`  ${who}: also ${addresses.slice(1).join(", ")}`] : []),
    ...(ports === undefined ? [] : [`  ${who}: its ports are ${ports.join(", ")}`]),
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
