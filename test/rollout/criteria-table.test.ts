import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { criterionTypeNames } from "../../src/policy/criterion-types.ts";
import { criteriaPage } from "./criteria-table.ts";

test("docs/criteria.md is what the data says", async () => {
  await expect(criteriaPage()).toMatchFileSnapshot(join(import.meta.dirname, "../../docs/criteria.md"));
});

test("each type has a file of its own", () => {
  const files = readdirSync(join(import.meta.dirname, "../../src/rollout/criteria"));
  expect(criterionTypeNames.filter((name) => !files.includes(`${name}.ts`))).toEqual([]);
});
