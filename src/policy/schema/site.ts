import { z } from "zod";
import { conduitSchema, endpoint, serviceText } from "./conduits.ts";
import { assertionSchema, exceptionSchema, silenceSchema } from "./decisions.ts";
import { firewallSchema } from "./firewalls.ts";
import { approvalsSchema, personSchema, rightsSchema } from "./people.ts";
import { criteriaSchema, cycleSchema, trialSchema, windowSchema } from "./rollout.ts";
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
    groups: recordOf(listOf(endpoint, "member"), "group")
      .optional()
      .describe("Names for sets of zones, assets and addresses; a group may hold groups written above it."),
    services: recordOf(listOf(serviceText, "service"), "service")
      .optional()
      .describe(
        "The site's own services, beside the built-in ones; one may hold built-in ones and those written above it.",
      ),
    conduits: recordOf(conduitSchema, "conduit")
      .optional()
      .describe("The paths between zones. What crosses between zones without one is not filtered."),
    firewalls: recordOf(firewallSchema, "firewall").optional().describe("Where conduits are enforced."),
    windows: recordOf(windowSchema, "window").optional().describe("When changes may be made."),
    cycles: recordOf(cycleSchema, "cycle")
      .optional()
      .describe("Repetitions of the process, such as a shift or a batch."),
    criteria: criteriaSchema
      .optional()
      .describe("What ends a trial. Default: a dropped baseline flow, or a lost heartbeat."),
    approvals: approvalsSchema
      .optional()
      .describe(
        "Who must sign, and for how long that holds. Default: one approver for monitor, two for enforce and to broaden.",
      ),
    rights: rightsSchema.optional().describe("Who may act on a running firewall."),
    trial: trialSchema.optional().describe("Durations of a trial."),
    exceptions: recordOf(exceptionSchema, "exception")
      .optional()
      .describe("What zones and conduits do not cover, and who accepted that until when."),
    assertions: recordOf(assertionSchema, "assertion")
      .optional()
      .describe(
        "What must be permitted, or must never be: held against the policy and against each ruleset.",
      ),
    silences: listOf(silenceSchema, "silence")
      .optional()
      .describe("Findings of `sluice check` that somebody accepted. Errors cannot be silenced."),
  })
  .meta({
    title: "Sluice site file",
    description: "One plant: its zones, the conduits between them, and how changes are made.",
  });

export type SiteFile = z.infer<typeof siteSchema>;
