import { createRequire } from "node:module";
import Ajv from "ajv";
import { expect, test } from "vitest";
import { sarifLog } from "../../src/diagnostics/sarif.ts";
import { checks } from "../../src/policy/checks/registry.ts";
import { changed, checked } from "./support/plant.ts";

const load = createRequire(import.meta.url) as (name: string) => object;

// The schema as Microsoft keeps it for the SDK of the format.
const schema = createRequire(import.meta.url)(
  "@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json",
) as object;
const validator = new Ajv({ schemaId: "auto", allErrors: true });
validator.addMetaSchema(load("ajv/lib/refs/json-schema-draft-04.json"));
const validate = validator.compile(schema);

const rules = checks.map(({ id, about, fix }) => ({ id: `check/${id}`, about, fix }));
const report = checked(
  changed((plant) => {
    plant.zones.dmz.level = 4;
    plant.zones.cell.networks = ["10.1.0.0/24"];
    plant.silences = [{ check: "level-skipped", at: "dmz-cell", reason: "Accepted." }];
  }),
);

test("a SARIF log is valid against the official schema", () => {
  const log = sarifLog(report.diagnostics, report.silenced, { version: "1.0.0", rules });
  expect(validate(log), validator.errorsText(validate.errors)).toBe(true);
});

test("the validator refuses what is no SARIF", () => {
  expect(validate({ version: "2.1.0", runs: [{ tool: {} }] })).toBe(false);
});

test("a SARIF log holds the findings with their places, and the silenced ones with their reasons", () => {
  const log = sarifLog(report.diagnostics, report.silenced, { version: "1.0.0", rules });
  expect(log).toMatchObject({
    runs: [
      {
        results: [
          {
            ruleId: "check/ipv6-forgotten",
            level: "warning",
            locations: [{ physicalLocation: { artifactLocation: { uri: "site.yaml" } } }],
            relatedLocations: [{ message: { text: "no IPv6 network here" } }],
          },
          { ruleId: "check/level-skipped", suppressions: [{ kind: "external", justification: "Accepted." }] },
        ],
      },
    ],
  });
});
