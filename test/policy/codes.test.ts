import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "../..");
const textsIn = (folder: string, ending: string): string =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(ending))
    .map((name) => readFileSync(join(root, folder, name), "utf8"))
    .join("\n");

test("every code that the reader of site files reports has a bad file, or a test, that shows it", () => {
  const written = [
    ...textsIn("src/policy", ".ts").matchAll(/["`](site\/[a-z-]+)(?:\$\{(?:what|kind)\})?["`]/g),
  ];
  const codes = new Set(
    written.flatMap(([whole, code]) =>
      whole.includes("${")
        ? ["zone", "firewall", "person", "asset", "permit"].map((what) => `site/unknown-${what}`)
        : [code!],
    ),
  );
  const shown = textsIn("test/policy/bad", ".expected") + textsIn("test", ".test.ts");
  expect(codes.size).toBeGreaterThan(40);
  expect([...codes].filter((code) => !shown.includes(code))).toEqual([]);
});
