import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { readBaseline } from "../../src/baseline/file.ts";
import { runChecks } from "../../src/policy/checks/run.ts";
import { formatSite } from "../../src/policy/format.ts";
import { type JsonSchema, siteJsonSchema } from "../../src/policy/schema/json-schema.ts";
import { siteOf } from "./support/plant.ts";

const root = join(import.meta.dirname, "../../rulesets");
const reference = ["water-works", "packaging-hall", "dual-stack-substation"];
const textOf = (plant: string): string => readFileSync(join(root, plant, "site.yaml"), "utf8");

describe.each(reference)("the reference plant %s", (plant) => {
  test("leaves a colleague without a question", () => {
    const folder = join(root, plant, "baseline");
    const evidence = new Map(
      readdirSync(folder).map((name) => [
        `baseline/${name}`,
        readBaseline(readFileSync(join(folder, name), "utf8"), name).value!.flows,
      ]),
    );
    const { diagnostics } = runChecks({ site: siteOf(textOf(plant)), today: "2026-11-21", evidence });
    expect(diagnostics.map(({ code, message }) => `${code}: ${message}`)).toEqual([]);
  });

  test("is in canonical form", () => {
    expect(formatSite(textOf(plant), "site.yaml").value).toBe(textOf(plant));
  });

  test("names the schema in its first line", () => {
    expect(textOf(plant).split("\n")[0]).toBe(
      "# yaml-language-server: $schema=../../schemas/site-1.schema.json",
    );
  });
});

test("the reference plants use the whole language between them", () => {
  const used = new Set<string>();
  const visit = (value: unknown, schema: JsonSchema | undefined, path: string): void => {
    if (Array.isArray(value)) for (const item of value) visit(item, schema?.items, `${path}[]`);
    else if (typeof value === "object" && value !== null) {
      for (const [key, child] of Object.entries(value)) {
        const named = schema?.properties?.[key];
        const at = named === undefined ? `${path}/*` : `${path}/${key}`;
        used.add(at);
        visit(child, named ?? (schema?.additionalProperties || undefined), at);
      }
    }
  };
  for (const plant of reference) visit(parse(textOf(plant)), siteJsonSchema(), "");

  const keys: string[] = [];
  const collect = (schema: JsonSchema, path: string): void => {
    for (const [key, child] of Object.entries(schema.properties ?? {})) {
      keys.push(`${path}/${key}`);
      collect(child, `${path}/${key}`);
    }
    if (schema.additionalProperties) collect(schema.additionalProperties, `${path}/*`);
    if (schema.items) collect(schema.items, `${path}[]`);
  };
  collect(siteJsonSchema(), "");
  expect(keys.filter((key) => !used.has(key))).toEqual([]);
});
