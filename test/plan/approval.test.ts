import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  allowedSigners,
  approvalMessage,
  approvalNamespace,
  approvalOf,
  approvalStatus,
  expiry,
} from "../../src/plan/approval.ts";
import type { Plan } from "../../src/plan/plan.ts";
import { sign, verify } from "../../src/ssh/signature.ts";
import { makeKey } from "../support/sshd.ts";

let folder: string;
let plan: Pick<Plan, "id" | "people" | "author" | "approval">;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "sluice-approval-"));
  const key = (name: string): string => {
    makeKey(join(folder, name));
    return readFileSync(join(folder, `${name}.pub`), "utf8").trim();
  };
  const eva = key("eva");
  plan = {
    id: "a".repeat(64),
    author: "eva",
    approval: {
      rules: [{ cause: "enforce", count: 2, roles: ["approver"] }],
      expires: "2026-12-04T00:00:00.000Z",
    },
    people: [
      { id: "eva", name: "Eva", roles: ["engineer", "approver"], keys: [eva] },
      { id: "olaf", name: "Olaf", roles: ["approver"], keys: [key("olaf"), key("olaf2")] },
      { id: "ria", name: "Ria", roles: ["approver"], keys: [key("ria")] },
      { id: "otto", name: "Otto", roles: ["operator"], keys: [key("otto")] },
      { id: "twin", name: "Twin", roles: ["approver"], keys: [eva] },
    ],
  };
});
afterAll(() => rmSync(folder, { recursive: true }));

const signed = (name: string, message = approvalMessage(plan), namespace = approvalNamespace) =>
  sign(join(folder, name), namespace, message);
const holds = (signature: string, person: string): Promise<boolean> =>
  verify(allowedSigners(plan), person, approvalNamespace, signature, approvalMessage(plan));

test("a signature with any of a person's keys is theirs, and nobody else's", async () => {
  for (const name of ["olaf", "olaf2"]) {
    const signature = await signed(name);
    expect(await holds(signature, "olaf")).toBe(true);
    expect(await holds(signature, "ria")).toBe(false);
  }
});

test("a signature over another plan, for another purpose, or by a stranger does not hold", async () => {
  expect(await holds(await signed("olaf", approvalMessage({ id: "b".repeat(64) })), "olaf")).toBe(false);
  expect(await holds(await signed("olaf", approvalMessage(plan), "git"), "olaf")).toBe(false);
  makeKey(join(folder, "stranger"));
  expect(await holds(await signed("stranger"), "olaf")).toBe(false);
  expect(await holds("rubbish", "olaf")).toBe(false);
});

test("the file of who may approve names its purpose: it lets no signature for another one through", async () => {
  const other = await signed("olaf", approvalMessage(plan), "git");
  const verified = (signers: string): Promise<boolean> =>
    verify(signers, "olaf", "git", other, approvalMessage(plan));
  expect(await verified(allowedSigners(plan))).toBe(false);
  expect(await verified(allowedSigners(plan).replaceAll(/ namespaces="[^"]*"/g, ""))).toBe(true);
});

test("the author's key approves nothing under another name", async () => {
  expect(await holds(await signed("eva"), "twin")).toBe(false);
});

test("signing with a key that is not there says so", async () => {
  await expect(signed("nobody")).rejects.toThrow("could not sign");
});

test("the signature is one that ssh-keygen itself accepts, by hand and offline", async () => {
  const file = join(folder, "by-hand.sig");
  writeFileSync(file, await signed("olaf"));
  const words = ["-Y", "check-novalidate", "-n", approvalNamespace, "-s", file];
  const said = execFileSync("ssh-keygen", words, { input: approvalMessage(plan), encoding: "utf8" });
  expect(said).toContain("Good");
});

test("what broadens needs the rule of its stage and that for broadening, and one person may count for both", () => {
  const rule = (count: number, ...roles: ("approver" | "auditor")[]) => ({ count, roles });
  const approvals = {
    ...{
      monitor: rule(1, "approver"),
      enforce: rule(2, "approver"),
      broaden: rule(2, "approver", "auditor"),
    },
    validFor: 3600,
  };
  const created = new Date("2026-11-20T14:00:00Z");
  const causes = (stage: "monitor" | "enforce", verdict: Plan["difference"]["verdict"]) =>
    approvalOf(approvals, stage, verdict, created).rules.map(({ cause }) => cause);
  expect(causes("monitor", "equal")).toEqual(["monitor"]);
  expect(causes("enforce", "narrowed")).toEqual(["enforce"]);
  for (const verdict of ["broadened", "both", "unknown"] as const) {
    expect(causes("monitor", verdict)).toEqual(["monitor", "broaden"]);
    expect(causes("enforce", verdict)).toEqual(["enforce", "broaden"]);
  }
  const people = [
    ...plan.people,
    { id: "anna", name: "Anna", roles: ["auditor" as const], keys: ["ssh-ed25519 A"] },
  ];
  const broadening = { ...plan, people, approval: approvalOf(approvals, "monitor", "broadened", created) };
  const status = (...persons: string[]) =>
    approvalStatus(
      broadening,
      persons.map((person) => ({ person, valid: true })),
    );
  expect(status("anna").open).toMatchObject([
    { cause: "monitor", missing: 1 },
    { cause: "broaden", missing: 1 },
  ]);
  expect(status("olaf")).toMatchObject({ missing: 1, open: [{ cause: "broaden", missing: 1 }] });
  expect(status("olaf", "anna")).toMatchObject({ missing: 0, open: [] });
  expect(expiry(broadening, new Date("2026-11-20T14:59:59Z"))).toBeUndefined();
  expect(expiry(broadening, new Date("2026-11-20T15:00:00Z"))).toContain(
    "held until 2026-11-20T15:00:00.000Z",
  );
});

test("as many different people as the rule asks for must have signed", () => {
  const valid = (person: string) => ({ person, valid: true });
  expect(approvalStatus(plan, [valid("olaf")])).toMatchObject({ accepted: ["olaf"], missing: 1 });
  expect(approvalStatus(plan, [valid("olaf"), valid("olaf")])).toMatchObject({ missing: 1 });
  expect(approvalStatus(plan, [valid("olaf"), valid("ria")])).toMatchObject({ missing: 0, rejected: [] });
});

test.each([
  ["eva", true, "is the author of the plan, and nobody approves their own"],
  ["otto", true, "has none of the roles that may approve this: approver"],
  ["mallory", true, "is not a person of the site"],
  ["olaf", false, "the signature does not fit the plan and the keys of this person"],
])("a signature of %s (valid: %s) does not count when it must not", (person, valid, reason) => {
  expect(approvalStatus(plan, [{ person, valid }])).toEqual({
    accepted: [],
    rejected: [{ person, reason }],
    open: [{ cause: "enforce", count: 2, roles: ["approver"], missing: 2 }],
    missing: 2,
  });
});
