import { durationSeconds } from "../duration.ts";
import type { ApprovalRule, Person, PersonId, Role, Site } from "../model.ts";
import type { SiteFile } from "../schema/site.ts";
import type { Path } from "../source/source.ts";
import { type Resolution, reportValue } from "./report.ts";

/** People with their roles and keys. A key that two people hold is a shared account and is reported. */
export function resolvePeople(to: Resolution, entries: SiteFile["people"]): readonly Person[] {
  const holders = new Map<string, Path>();
  return Object.entries(entries ?? {}).map(([id, entry]) => {
    const path = ["people", id];
    for (const [index, key] of entry.keys.entries()) {
      const at = [...path, "keys", index];
      const material = key.split(" ", 2).join(" ");
      const other = holders.get(material);
      if (other === undefined) holders.set(material, at);
      else {
        reportValue(to, "site/shared-key", at, `"${id}" holds the same key as "${other[1]}"`, {
          related: [{ span: to.source.locate(other, "value"), message: "the same key" }],
          fix: "a key belongs to one person, so that a signature says who signed",
          clause: "IEC 62443-3-3 SR 1.1 RE 1",
        });
      }
    }
    return {
      id: id as PersonId,
      name: entry.name,
      roles: entry.roles,
      keys: entry.keys,
      since: entry.since,
      reviewed: entry.reviewed,
      span: to.source.locate(path, "key"),
    };
  });
}

const approvers = (count: number): ApprovalRule => ({ count, roles: ["approver"] });

/** Approval rules as written; where nothing is, what drops packets or lets more of them pass takes one person more. */
export function resolveApprovals(entry: SiteFile["approvals"]): Site["approvals"] {
  const { monitor, enforce, broaden } = entry ?? { monitor: approvers(1), enforce: approvers(2) };
  const validFor = durationSeconds(entry?.["valid-for"] ?? "14d");
  return { monitor, enforce, broaden: broaden ?? enforce, validFor };
}

const hands: readonly Role[] = ["operator", "engineer"];

/** Rights as written; operators and engineers where nothing is. */
export const resolveRights = (entry: SiteFile["rights"]): Site["rights"] => ({
  apply: entry?.apply ?? hands,
  bypass: entry?.bypass ?? hands,
  isolate: entry?.isolate ?? hands,
});
