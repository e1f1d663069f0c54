import { join } from "node:path";
import { expect, test } from "vitest";
import { statePage } from "./state-table.ts";

test("docs/rollout-states.md is what the reducer does", async () => {
  await expect(statePage()).toMatchFileSnapshot(join(import.meta.dirname, "../../docs/rollout-states.md"));
});

test("every state but an end leads somewhere, and every state of the plan of record is there", () => {
  const rows = statePage().split("\n");
  const states = rows.flatMap((row) => /^\| \*\*(\S+)\*\*/.exec(row)?.[1] ?? []);
  expect(states).toEqual(
    expect.arrayContaining(["draft", "planned", "approved", "preflight", "drilled", "trial"]),
  );
  expect(states).toEqual(
    expect.arrayContaining(["soak", "confirmed", "persisted", "done", "refused", "held"]),
  );
  expect(states).toEqual(
    expect.arrayContaining(["reverting", "reverted", "verified-back", "revert-unproven"]),
  );
  expect(states).toContain("confirmed-not-persisted");
  for (const row of rows.filter((one) => one.startsWith("| **"))) {
    expect(row).toMatch(/→|asks:|an end/);
  }
});
