import { z } from "zod";
import { freeText, id, listOf, recordOf } from "./text.ts";

export const addressText = z.string().max(100).describe("An IPv4 or IPv6 address, a prefix, or first-last.");

const patchSchema = z
  .strictObject({
    state: z.enum(["current", "behind", "unpatchable"]).describe("How its software stands to the vendor's."),
    reason: freeText.optional().describe("Why it is not current."),
    controls: listOf(freeText, "control")
      .optional()
      .describe("What protects it meanwhile: compensating controls."),
  })
  .refine(({ state, reason, controls }) => state !== "unpatchable" || (reason && controls), {
    error: 'an asset that cannot be patched needs "reason" and "controls"',
  });

export const assetSchema = z.strictObject({
  addresses: listOf(addressText, "address").describe(
    "Where it answers. Each lies inside a network of its zone.",
  ),
  role: freeText.optional().describe("What it does, such as plc, hmi or historian."),
  vendor: freeText.optional().describe("Who made it."),
  model: freeText.optional().describe("The vendor's name for it."),
  firmware: freeText.optional().describe("Version of its firmware."),
  owner: id.optional().describe("The person who answers for it."),
  patch: patchSchema.optional().describe("Patch state (IEC TR 62443-2-3)."),
});

export const zoneMark = z.enum(["safety", "wireless", "temporary", "external"]);

export const zoneSchema = z.strictObject({
  description: freeText.optional().describe("What the zone is, for the reader of a report."),
  level: z
    .number()
    .min(0, { error: "a level is 0 to 5" })
    .max(5, { error: "a level is 0 to 5" })
    .refine((level) => Number.isInteger(level * 2), {
      error: "a level is a whole number, or one and a half such as 3.5",
    })
    .describe("Purdue level, 0 (process) to 5 (enterprise); 3.5 is the industrial DMZ."),
  "sl-target": z
    .int()
    .min(1, { error: "a target security level is 1, 2, 3 or 4" })
    .max(4, { error: "a target security level is 1, 2, 3 or 4" })
    .describe("Target security level SL-T, 1 to 4 (IEC 62443-3-3)."),
  consequence: freeText
    .optional()
    .describe("What would happen: the consequence that justifies the target level."),
  marks: listOf(zoneMark, "mark")
    .optional()
    .describe(
      "What sets the zone apart: safety (SIS), wireless, temporary, or external (reached over foreign networks).",
    ),
  networks: listOf(addressText, "network").describe("The zone's prefixes. No two zones overlap."),
  assets: recordOf(assetSchema, "asset").optional().describe("The zone's assets by name."),
});
