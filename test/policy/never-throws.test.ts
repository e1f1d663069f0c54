import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parse, stringify } from "yaml";
import { renderDiagnostic } from "../../src/diagnostics/render.ts";
import { formatSite } from "../../src/policy/format.ts";
import { readSite } from "../../src/policy/read.ts";
import { changed, checked } from "./support/plant.ts";

const text = changed((plant) => {
  plant.groups = { servers: ["historian"] };
  plant.services = { recipes: ["tcp/9100"] };
  plant.exceptions = {
    old: { asset: "cell.plc", reason: "Old.", owner: "eva", expires: "2030-01-01", controls: ["Guards."] },
  };
  plant.assertions = {
    none: { deny: { from: ["*"], to: ["cell"], services: ["telnet"] }, reason: "Never." },
  };
  plant.silences = [{ check: "expired", at: "cell", reason: "No." }];
  plant.cycles = { shift: { length: "8h" } };
});

/** Every place of the plant, as the keys that lead to it. */
function placesOf(value: unknown): readonly (readonly string[])[] {
  if (typeof value !== "object" || value === null) return [[]];
  return [
    [],
    ...Object.entries(value).flatMap(([key, child]) => placesOf(child).map((path) => [key, ...path])),
  ];
}
const plant = parse(text) as object;
const places = placesOf(plant).filter((path) => path.length > 0);

/** Whatever is found, it is found with a place in the file, and can be shown. */
function expectFindings(source: string): void {
  const { value, diagnostics } = readSite(source, "site.yaml");
  const lines = source.split("\n").length;
  for (const diagnostic of diagnostics) {
    expect(diagnostic.span?.line).toBeLessThanOrEqual(lines);
    expect(renderDiagnostic(diagnostic, () => source)).toContain(diagnostic.code);
  }
  if (value === undefined) expect(diagnostics.length).toBeGreaterThan(0);
  formatSite(source, "site.yaml");
}

describe("the reader finds fault and never fails", () => {
  test("with anything in the place of anything", () => {
    const odd = fc.oneof(
      fc.constantFrom<unknown>(
        null,
        "",
        0,
        -1,
        1e9,
        true,
        [],
        {},
        [null],
        [[]],
        "*",
        "any",
        "10.0.0.0/0",
        "::/0",
        "a.b.c",
      ),
      fc.string(),
      fc.dictionary(fc.string(), fc.string(), { maxKeys: 2 }),
      fc.constantFrom(...places).map((path) => path.reduce<unknown>((at, key) => (at as never)[key], plant)),
    );
    fc.assert(
      fc.property(fc.constantFrom(...places), odd, (path, value) => {
        const copy = structuredClone(plant);
        const holder = path.slice(0, -1).reduce<unknown>((at, key) => (at as never)[key], copy);
        (holder as Record<string, unknown>)[path.at(-1)!] = value;
        expectFindings(stringify(copy, { aliasDuplicateObjects: false }));
      }),
      { numRuns: 100 },
    );
  });

  test("with anything cut out, put in, or swapped in its text", () => {
    const piece = fc.oneof(
      fc.string({ maxLength: 4 }),
      fc.constantFrom("\t", "\r", ":", "- ", "&a ", "*a", "!!x ", "{", "]", '"', "|", "\n"),
    );
    fc.assert(
      fc.property(fc.nat(text.length), fc.nat(12), piece, (at, length, inserted) => {
        expectFindings(text.slice(0, at) + inserted + text.slice(at + length));
      }),
      { numRuns: 100 },
    );
  });

  test("and a site that passes can be checked", () => {
    const levels = fc.constantFrom(0, 1, 2, 3, 3.5, 4, 5);
    const marks = fc.subarray(["safety", "wireless", "temporary", "external"], { minLength: 1 });
    fc.assert(
      fc.property(levels, levels, fc.integer({ min: 1, max: 4 }), marks, (cell, dmz, target, marked) => {
        const { diagnostics } = checked(
          changed((site) => {
            site.zones.cell.level = cell;
            site.zones.dmz.level = dmz;
            site.zones.cell["sl-target"] = target;
            site.zones.dmz.marks = marked;
          }),
        );
        for (const { code, severity } of diagnostics) expect([code, severity]).not.toContain("error");
      }),
      { numRuns: 50 },
    );
  });
});
