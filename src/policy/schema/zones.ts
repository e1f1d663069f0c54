import { z } from "zod";
import { freeText, listOf, recordOf } from "./text.ts";

export const addressText = z.string().max(100).describe("An IPv4 or IPv6 address, a prefix, or first-last.");

export const assetSchema = z.strictObject({
  addresses: listOf(addressText, "address").describe(
    "Where it answers. Each lies inside a network of its zone.",
  ),
  role: freeText.optional().describe("What it does, such as plc, hmi or historian."),
});

export const zoneSchema = z.strictObject({
  description: freeText.optional().describe("What the zone is, for the reader of a report."),
  level: z
    .number()
    .min(0)
    .max(5)
    .refine((level) => Number.isInteger(level * 2), { error: "a level is 0 to 5, or one half such as 3.5" })
    .describe("Purdue level, 0 (process) to 5 (enterprise); 3.5 is the industrial DMZ."),
  "sl-target": z
    .int()
    .min(1, { error: "a target security level is 1, 2, 3 or 4" })
    .max(4, { error: "a target security level is 1, 2, 3 or 4" })
    .describe("Target security level SL-T, 1 to 4 (IEC 62443-3-3)."),
  networks: listOf(addressText, "network").describe("The zone's prefixes. No two zones overlap."),
  assets: recordOf(assetSchema, "asset").optional().describe("The zone's assets by name."),
});
