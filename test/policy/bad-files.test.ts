import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { renderDiagnostic } from "../../src/diagnostics/render.ts";
import { readSite } from "../../src/policy/read.ts";
import { targetDefaults } from "../../targets/defaults.ts";

const folder = join(import.meta.dirname, "bad");
const names = readdirSync(folder)
  .filter((name) => name.endsWith(".yaml"))
  .map((name) => name.replace(".yaml", ""));

/** Each file has, beside it, exactly what an engineer is told. `vitest -u` writes that anew. */
describe("a bad site file is refused with its reason and its place", () => {
  test.each(names)("%s", async (name) => {
    const text = readFileSync(join(folder, `${name}.yaml`), "utf8").replace(/^\ufeff/, "");
    const { value, diagnostics } = readSite(text, `${name}.yaml`, targetDefaults);
    expect(value).toBeUndefined();
    const rendered = diagnostics.map((diagnostic) => renderDiagnostic(diagnostic, () => text)).join("\n\n");
    await expect(`${rendered}\n`).toMatchFileSnapshot(join(folder, `${name}.expected`));
  });

  test("no place is reported twice for one reason", () => {
    for (const name of names) {
      const text = readFileSync(join(folder, `${name}.yaml`), "utf8");
      const { diagnostics } = readSite(text, name, targetDefaults);
      const keys = diagnostics.map(
        ({ code, message, span }) => `${code} ${message} ${span?.line}:${span?.column}`,
      );
      expect(new Set(keys).size, name).toBe(keys.length);
    }
  });
});
