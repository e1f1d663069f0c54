import { z } from "zod";
import { baselineSourceSchema } from "../../baseline/file.ts";
import { roles } from "../../inventory/passive/announcement.ts";
import { published } from "./document.ts";
import { many, strings } from "./parts.ts";

const text = z.string().optional();
const facts = { name: text, vendor: text, model: text, firmware: text, serial: text, location: text };
const objects = many(z.strictObject({ object: z.string(), name: text }))
  .optional()
  .describe("What it has to read and to set (BACnet)");
const time = z.iso.datetime().optional();

export const inventoryDocument = published("inventory", 1, "Devices, as captures and logs show them.", {
  sources: many(baselineSourceSchema),
  assets: many(
    z.strictObject({
      addresses: strings,
      mac: text,
      ports: strings.optional().describe("Cards of its ports"),
      macVendor: text.describe("Who made the network card"),
      ...facts,
      roles: many(z.strictObject({ role: z.enum(roles), reason: z.string() })).describe(
        "What it may be, the most telling first",
      ),
      objects,
      parts: many(z.strictObject({ part: z.string(), ...facts, objects })).describe("Devices behind it"),
      evidence: many(
        z.strictObject({ by: z.string(), seen: z.int().positive(), firstSeen: time, lastSeen: time }),
      ),
    }),
  ),
  findings: strings,
});
