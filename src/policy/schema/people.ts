import { z } from "zod";
import { sshPublicKey } from "./ssh-key.ts";
import { date, duration, freeText, listOf } from "./text.ts";

export const role = z.enum(["operator", "engineer", "approver", "auditor"]);

export const personSchema = z.strictObject({
  name: freeText.describe("First and last name. One person: no shared accounts."),
  roles: listOf(role, "role").describe("What the person may do."),
  keys: listOf(sshPublicKey, "key").describe("OpenSSH public key lines. A key belongs to one person."),
  since: date.optional().describe("Day from which this person has this access."),
  reviewed: date.optional().describe("Day of the last review of this person's access."),
});

const approvalRule = z.strictObject({
  count: z
    .int()
    .min(1, { error: "at least one person must sign" })
    .max(9)
    .describe("How many different people must sign."),
  roles: listOf(role, "role").describe("Who may sign. The author of a plan never approves it."),
});

export const approvalsSchema = z.strictObject({
  monitor: approvalRule.describe("For a plan that only records."),
  enforce: approvalRule.describe("For a plan that drops packets."),
  broaden: approvalRule
    .optional()
    .describe(
      "For a plan that lets pass what does not pass now, beside the rule of its stage. Default: that of enforce.",
    ),
  "valid-for": duration
    .optional()
    .describe("How long approvals hold, from when the plan was made. Default: 14d."),
});

const holders = listOf(role, "role").optional();

export const rightsSchema = z.strictObject({
  apply: holders.describe("Who may apply an approved plan. Default: operator, engineer."),
  bypass: holders.describe("Who may lift enforcement in an emergency. Default: operator, engineer."),
  isolate: holders.describe("Who may isolate a zone in an emergency. Default: operator, engineer."),
});
