import { join } from "node:path";
import { expect, test } from "vitest";
import { z } from "zod";
import { planSchema } from "../../src/plan/plan.ts";
import { reportSchema } from "../../src/report/document.ts";
import { signedHeadSchema } from "../../src/rollout/journal-head.ts";

const published = {
  /** The plan file. */
  "plan-1": planSchema,
  /** `sluice plan show --json`, `sluice report --json`. */
  "report-1": reportSchema,
  /** `.sluice/heads/*.json`, and `journal-head.json` on a firewall. */
  "journal-head-1": signedHeadSchema,
};

/** `vitest -u` writes them anew. */
for (const [name, schema] of Object.entries(published)) {
  test(`schemas/${name}.schema.json is what the reader's schema gives`, async () => {
    const json = `${JSON.stringify(z.toJSONSchema(schema, { io: "input" }), null, 2)}\n`;
    await expect(json).toMatchFileSnapshot(join(import.meta.dirname, "../../schemas", `${name}.schema.json`));
  });
}
