import { join } from "node:path";
import { expect, test } from "vitest";
import { sitePage } from "./site-page.ts";

test("docs/site-file.md explains every key and every check", async () => {
  const page = sitePage();
  expect(page).toContain("| `NAME.permits.NAME.initiators` | yes |");
  expect(page).not.toMatch(/undefined|\|\s*\|\s*\|$/m);
  await expect(page).toMatchFileSnapshot(join(import.meta.dirname, "../../docs/site-file.md"));
});
