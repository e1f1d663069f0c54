import { z } from "zod";
import { criteriaSchema, exerciseSchema } from "./rollout.ts";
import { date, duration, freeText, id, listOf, recordOf } from "./text.ts";

export const endpoint = z
  .string()
  .max(100)
  .describe("A zone, an asset (name, or zone.name), a group, an address, a prefix, or first-last.");

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
  essential: z.boolean().optional().describe("It survives the isolation of its zone. Default: false."),
  "reconnect-required": z
    .boolean()
    .optional()
    .describe(
      "A trial is confirmed only after its connections were made anew; where a protocol has none, as UDP, after each of " +
        "its flows was asked and answered. Default: false.",
    ),
  silence: duration
    .optional()
    .describe("Longest silence that is normal, in place of what its baseline tells."),
  expires: date.optional().describe("Last day on which it stands. A date never changes a running firewall."),
});

export const denialSchema = z.strictObject(flowSet);

export const conduitSchema = z.strictObject({
  description: freeText.optional().describe("What the conduit is for, for the reader of a report."),
  zones: z
    .array(id)
    .length(2, { error: "a conduit joins exactly two zones" })
    .describe("The two zones that it joins. One conduit for each pair."),
  firewalls: listOf(id, "firewall").describe("The firewalls that its packets cross."),
  permits: recordOf(permitSchema, "permit").optional().describe("What may pass, by name."),
  denied: recordOf(denialSchema, "denial")
    .optional()
    .describe("What was seen and decided against, by name: enforcement will cut it, on purpose."),
  sessions: z
    .string()
    .regex(/^(rematch|cut|drain (?=\d)(\d{1,5}d)?(\d{1,6}h)?(\d{1,7}m)?(\d{1,8}s)?)$/, {
      error:
        'what becomes of open sessions is "rematch", "cut", or "drain" with the longest time, as in "drain 8h"',
    })
    .optional()
    .describe(
      "What becomes of sessions that are open when enforcement begins and that no permit admits. rematch: every packet " +
        "is judged anew. drain and a duration: they may go on until they end, and at most for so long. cut: they are ended " +
        "for good. Default: rematch; cut where the firewall knows no other way.",
    ),
  exercise: recordOf(exerciseSchema, "step")
    .optional()
    .describe("What somebody does during a trial, by name, so that permits which are seldom used are heard."),
  criteria: criteriaSchema
    .optional()
    .describe("Criteria of this conduit, beside the site's; one of the same name takes the site's place."),
});
