import { join } from "node:path";
import { expect, test } from "vitest";
import { type JsonSchema, siteJsonSchema, siteSchemaFile } from "../../src/policy/schema/json-schema.ts";

const root = join(import.meta.dirname, "../..");

/** `vitest -u` writes it anew. */
test("the committed JSON Schema is what the reader's schema gives", async () => {
  await expect(`${JSON.stringify(siteJsonSchema(), null, 2)}\n`).toMatchFileSnapshot(
    join(root, siteSchemaFile),
  );
});

test("every key is described", () => {
  const missing: string[] = [];
  const visit = (schema: JsonSchema, path: string): void => {
    for (const [key, child] of Object.entries(schema.properties ?? {})) {
      if (child.description === undefined) missing.push(`${path}/${key}`);
      visit(child, `${path}/${key}`);
    }
    if (schema.additionalProperties) visit(schema.additionalProperties, `${path}/*`);
    if (schema.items) visit(schema.items, `${path}[]`);
  };
  visit(siteJsonSchema(), "");
  expect(missing).toEqual([]);
});

test("every mapping refuses keys that it does not know", () => {
  const open: string[] = [];
  const visit = (schema: JsonSchema, path: string): void => {
    if (schema.properties !== undefined && schema.additionalProperties !== false) open.push(path);
    for (const [key, child] of Object.entries(schema.properties ?? {})) visit(child, `${path}/${key}`);
    if (schema.additionalProperties) visit(schema.additionalProperties, `${path}/*`);
    if (schema.items) visit(schema.items, `${path}[]`);
  };
  visit(siteJsonSchema(), "");
  expect(open).toEqual([]);
});
