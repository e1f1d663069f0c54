import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { z } from "zod";
import { publishedSchemas } from "../support/documents.ts";

const folder = join(import.meta.dirname, "../../schemas");

/** `vitest run FILE --update` writes them anew. */
for (const [name, schema] of publishedSchemas) {
  test(`schemas/${name}.schema.json is what the reader's schema gives`, async () => {
    const json = `${JSON.stringify(z.toJSONSchema(schema, { io: "input" }), null, 2)}\n`;
    await expect(json).toMatchFileSnapshot(join(folder, `${name}.schema.json`));
  });
}

test("schemas/README.md names every schema that is there, and no other", () => {
  const there = readdirSync(folder).filter((name) => name.endsWith(".json"));
  const named = readFileSync(join(folder, "README.md"), "utf8").match(/[a-z-]+-\d+\.schema\.json/g);
  expect([...new Set(named)].toSorted()).toEqual(there.toSorted());
});
