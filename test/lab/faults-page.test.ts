import { join } from "node:path";
import { expect, test } from "vitest";
import { faultPage } from "./faults/page.ts";

test("docs/rollout-faults.md says what comes of each fault at each moment", async () => {
  const page = faultPage();
  process.stdout.write(page);
  await expect(page).toMatchFileSnapshot(join(import.meta.dirname, "../../docs/rollout-faults.md"));
});
