import { z } from "zod";
import { conduitSchema, serviceText } from "./conduits.ts";
import { firewallSchema } from "./firewalls.ts";
import { approvalsSchema, personSchema } from "./people.ts";
import { criterionSchema, trialSchema, windowSchema } from "./rollout.ts";
import { freeText, listOf, recordOf } from "./text.ts";
import { zoneSchema } from "./zones.ts";

/** A site file as it is written: names are not resolved, durations are text. Unknown keys are refused everywhere. */
export const siteSchema = z
  .strictObject({
    sluice: z.literal(1).describe("Version of this language."),
    site: z
      .strictObject({
        name: freeText.describe("What people call the plant."),
        timezone: z.string().max(64).describe('IANA time zone of its clock, such as "Europe/Zurich".'),
      })
      .describe("The plant."),
    people: recordOf(personSchema, "person").optional().describe("Who works on it, by name."),
    zones: recordOf(zoneSchema, "zone").describe("Groups of assets with the same security requirements."),
    services: recordOf(listOf(serviceText, "protocol and port"), "service")
      .optional()
      .describe("The site's own services, beside the built-in ones."),
    conduits: recordOf(conduitSchema, "conduit")
      .optional()
      .describe("The paths between zones. What crosses between zones without one is not filtered."),
    firewalls: recordOf(firewallSchema, "firewall").optional().describe("Where conduits are enforced."),
    windows: recordOf(windowSchema, "window").optional().describe("When changes may be made."),
    criteria: recordOf(criterionSchema, "criterion")
      .optional()
      .describe("What ends a trial. Default: a dropped baseline flow, or a lost heartbeat."),
    approvals: approvalsSchema.optional().describe("Who must sign. Default: one approver."),
    trial: trialSchema.optional().describe("Durations of a trial."),
  })
  .meta({
    title: "Sluice site file",
    description: "One plant: its zones, the conduits between them, and how changes are made.",
  });

export type SiteFile = z.infer<typeof siteSchema>;
