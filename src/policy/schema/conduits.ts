import { z } from "zod";
import { freeText, id, listOf, recordOf } from "./text.ts";

const endpoint = z
  .string()
  .max(100)
  .describe("A zone, an asset (name, or zone.name), an address, a prefix, or first-last.");

export const serviceText = z
  .string()
  .max(64)
  .describe(
    "A service by name, protocol/port, protocol/first-last, icmp/type, icmpv6/type, protocol/number, or any.",
  );

const flowSet = {
  initiators: listOf(endpoint, "initiator").describe(
    "Who sends the request. All in one zone of the conduit.",
  ),
  responders: listOf(endpoint, "responder").describe("Who answers it. All in the other zone."),
  services: listOf(serviceText, "service").describe("What may be asked for."),
  reason: freeText.describe("Why, in a sentence that a reviewer of the process understands."),
};

export const permitSchema = z.strictObject({
  ...flowSet,
  owner: id.optional().describe("The person who answers for it."),
  evidence: z
    .string()
    .max(255)
    .optional()
    .describe("Path of the baseline it rests on, from the site's folder."),
  critical: z
    .boolean()
    .optional()
    .describe("The process needs it: its silence ends a trial. Default: false."),
});

export const denialSchema = z.strictObject(flowSet);

export const conduitSchema = z.strictObject({
  zones: z
    .array(id)
    .length(2, { error: "a conduit joins exactly two zones" })
    .describe("The two zones that it joins. One conduit for each pair."),
  firewalls: listOf(id, "firewall").describe("The firewalls that its packets cross."),
  permits: recordOf(permitSchema, "permit").optional().describe("What may pass, by name."),
  denied: recordOf(denialSchema, "denial")
    .optional()
    .describe("What was seen and decided against, by name: enforcement will cut it, on purpose."),
});
