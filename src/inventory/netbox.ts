import { parse as parseCsv } from "csv-parse/sync";
import { readInterfaceAddress } from "./address.ts";
import type { InventoryHost } from "./host.ts";

/** What a NetBox device says, whichever way it was exported. */
interface Device {
  readonly name: string;
  readonly addresses: readonly string[];
  readonly group: string | undefined;
  readonly role: string | undefined;
  readonly vendor: string | undefined;
  readonly model: string | undefined;
}

/** Why a text is no NetBox export; the message says what was expected. */
export class NetboxError extends Error {}

/**
 * Devices of a NetBox export: the CSV of the device list, or the JSON that its API answers.
 * @throws {NetboxError}
 */
export function readNetboxExport(text: string): readonly InventoryHost[] {
  const devices = /^\s*[[{]/.test(text) ? jsonDevices(text) : csvDevices(text);
  return devices.map(({ addresses, group, role, vendor, model, name }) => {
    const read = addresses.flatMap((address) => readInterfaceAddress(address) ?? []);
    return {
      name,
      addresses: read.map(({ address }) => address),
      networks: read.flatMap(({ network }) => network ?? []),
      ...(group && { group }),
      ...(role && { role }),
      ...(vendor && { vendor }),
      ...(model && { model }),
    };
  });
}

/** A value of NetBox's API: text, or an object that names itself. */
const named = (value: unknown, ...keys: readonly string[]): string | undefined => {
  if (typeof value === "string") return value;
  const fields = typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  return keys.map((key) => fields[key]).find((field) => typeof field === "string") as string | undefined;
};

function jsonDevices(text: string): readonly Device[] {
  const entries = parseJson(text);
  return entries.map((entry) => {
    const type = entry.device_type as Record<string, unknown> | null | undefined;
    return {
      name: named(entry.name) ?? named(entry.display) ?? "",
      addresses: ["primary_ip4", "primary_ip6"].flatMap((key) => named(entry[key], "address") ?? []),
      group: named(entry.location, "name") ?? named(entry.site, "name"),
      role: named(entry.role ?? entry.device_role, "name"),
      vendor: named(type?.manufacturer, "name"),
      model: named(type, "model"),
    };
  });
}

function parseJson(text: string): readonly Readonly<Record<string, unknown>>[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    throw new NetboxError(`this JSON is damaged: ${(error as Error).message}`);
  }
  const results = Array.isArray(parsed) ? parsed : (parsed as { readonly results?: unknown }).results;
  if (!Array.isArray(results))
    throw new NetboxError('a list of devices is expected, or an answer with "results"');
  return results.filter((entry) => typeof entry === "object" && entry !== null);
}

/** Column names of the device list, of its "all data" export, and of older versions. */
const columns = {
  name: ["name"],
  addresses: ["ip address", "ipv4 address", "ipv6 address", "primary_ip", "primary_ip4", "primary_ip6"],
  group: ["location", "site"],
  role: ["role", "device_role", "device role"],
  vendor: ["manufacturer"],
  model: ["type", "device_type", "device type"],
} as const;

function csvDevices(text: string): readonly Device[] {
  const rows = csvRows(text);
  if (rows[0] !== undefined && !("name" in rows[0])) {
    throw new NetboxError('a CSV export of devices is expected: its first line has the column "name"');
  }
  return rows.map((row) => {
    const all = (key: keyof typeof columns): readonly string[] =>
      columns[key].flatMap((name) => row[name] || []);
    const [name = "", group, role, vendor, model] = [
      ...(["name", "group", "role", "vendor", "model"] as const).map((key) => all(key)[0]),
    ];
    return { name, addresses: [...new Set(all("addresses"))], group, role, vendor, model };
  });
}

function csvRows(text: string): readonly Readonly<Record<string, string>>[] {
  try {
    return parseCsv(text, {
      columns: (header: string[]) => header.map((name) => name.toLowerCase()),
      trim: true,
    });
  } catch (error) {
    throw new NetboxError(`this CSV is damaged: ${(error as Error).message}`);
  }
}
