import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { formatSite } from "../../src/policy/format.ts";
import { readSource } from "../../src/policy/source/read-source.ts";

const messy = `# The plant by the river.

site:   { timezone: Europe/Zurich,
          name: Plant }
sluice: 1 # the version
zones:
  # Why this zone exists.
  cell:
    # Approved in March.
    networks: [ 10.1.0.0/24 ]   # the old range
    # From the risk assessment.
    sl-target: 2
    level: 1

  # The DMZ.
  dmz:
    level: 3
    sl-target: 2
    networks:
    - 10.2.0.0/24
# The end.
`;

const tidy = `# The plant by the river.

sluice: 1 # the version
site: {name: Plant, timezone: Europe/Zurich}
zones:
  # Why this zone exists.
  cell:
    level: 1
    # From the risk assessment.
    sl-target: 2
    # Approved in March.
    networks: [10.1.0.0/24] # the old range

  # The DMZ.
  dmz:
    level: 3
    sl-target: 2
    networks:
      - 10.2.0.0/24

# The end.
`;

describe("the canonical form", () => {
  test("puts keys into the schema's order and keeps every comment with its key", () => {
    expect(formatSite(messy, "site.yaml").value).toBe(tidy);
  });

  test("of a canonical text is the text", () => {
    expect(formatSite(tidy, "site.yaml").value).toBe(tidy);
  });

  test("is not given to a text that cannot be read", () => {
    const { value, diagnostics } = formatSite("zones: [", "site.yaml");
    expect(value).toBeUndefined();
    expect(diagnostics.map(({ code }) => code)).toEqual(["site/yaml"]);
  });

  test("leaves a text alone in which an alias would come before its anchor", () => {
    const text = "zones:\n  cell: &cell { level: 1 }\nsite: *cell\n";
    expect(formatSite(text, "site.yaml").value).toBe(text);
  });

  test("keeps the values of every file of the corpus that is YAML, and is reached in one step", () => {
    const folder = join(import.meta.dirname, "bad");
    for (const name of readdirSync(folder).filter((file) => file.endsWith(".yaml"))) {
      const text = readFileSync(join(folder, name), "utf8").replace(/^\ufeff/, "");
      const { value } = formatSite(text, name);
      if (value === undefined) continue;
      expect(readSource(value, name).source?.value, name).toEqual(readSource(text, name).source?.value);
      expect(formatSite(value, name).value, name).toBe(value);
    }
  });

  test("keeps values and comments whatever the order of the keys", () => {
    const keys = ["level: 1", "sl-target: 2", "networks: [10.1.0.0/24]", "description: A cell."];
    const order = fc.shuffledSubarray(keys, { minLength: 2 });
    fc.assert(
      fc.property(order, (lines) => {
        const text = `zones:\n  cell:\n${lines.map((line, index) => `    # note ${index}\n    ${line}\n`).join("")}`;
        const value = formatSite(text, "site.yaml").value!;
        expect(parse(value)).toEqual(parse(text));
        for (const [index, line] of lines.entries()) {
          expect(value).toContain(`# note ${index}\n    ${line}`);
        }
      }),
    );
  });
});
