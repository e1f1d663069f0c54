import { z } from "zod";
import { sshPublicKey } from "./ssh-key.ts";
import { freeText, listOf } from "./text.ts";

export const role = z.enum(["operator", "engineer", "approver", "auditor"]);

export const personSchema = z.strictObject({
  name: freeText.describe("First and last name. One person: no shared accounts."),
  roles: listOf(role, "role").describe("What the person may do."),
  keys: listOf(sshPublicKey, "key").describe("OpenSSH public key lines. A key belongs to one person."),
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
});
