import { z } from "zod";
import { serviceText } from "./conduits.ts";
import { date, freeText, id, listOf } from "./text.ts";

const reference = z.string().regex(/^[a-z][a-z0-9-]{0,30}\.[a-z][a-z0-9-]{0,30}$/, {
  error: "this is not two names with a dot between them",
});

export const exceptionSchema = z
  .strictObject({
    zones: z
      .array(id)
      .length(2, { error: "an exception joins exactly two zones" })
      .optional()
      .describe("Two zones that are not segmented from each other."),
    asset: reference.optional().describe("An asset that cannot meet what its zone asks for, as zone.asset."),
    permit: reference.optional().describe("A permit that would not be granted otherwise, as conduit.permit."),
    reason: freeText.describe("Why it is accepted."),
    owner: id.describe("The person who accepted it."),
    expires: date.describe("Last day on which it stands."),
    controls: listOf(freeText, "control").describe("What protects instead: compensating controls."),
  })
  .refine(({ zones, asset, permit }) => [zones, asset, permit].filter((subject) => subject).length === 1, {
    error: 'an exception is about one thing: write one of "zones", "asset" and "permit"',
  });

const assertedEnd = z
  .string()
  .max(100)
  .describe('A zone, an asset, a group, an address, a prefix; names may hold "*" for any characters.');

const asserted = z.strictObject({
  from: listOf(assertedEnd, "end").describe("Who would send the request."),
  to: listOf(assertedEnd, "end").describe("Who would answer it."),
  services: listOf(serviceText, "service").describe("What would be asked for."),
});

export const assertionSchema = z
  .strictObject({
    accept: asserted.optional().describe("All of this must be permitted."),
    deny: asserted.optional().describe("None of this may be permitted."),
    reason: freeText.describe("Why it must hold."),
  })
  .refine(({ accept, deny }) => (accept === undefined) !== (deny === undefined), {
    error: 'an assertion has one of "accept" and "deny"',
  });

export const silenceSchema = z.strictObject({
  check: id.describe("Which check."),
  at: z.string().max(100).describe("What the finding is about, as `sluice check` names it."),
  reason: freeText.describe("Why it is accepted."),
});
