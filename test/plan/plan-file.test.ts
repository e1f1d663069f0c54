import { expect, test } from "vitest";
import { readPlan, sealPlan, writePlan } from "../../src/plan/plan-file.ts";
import { planContent } from "../support/plan.ts";

const text = writePlan(sealPlan(planContent()));
const codes = (changed: string): readonly string[] =>
  readPlan(changed, "x.plan").diagnostics.map((one) => one.code);

test("a plan comes back as it was made, with ranges as ranges", () => {
  const { value, diagnostics } = readPlan(text, "x.plan");
  expect(diagnostics).toEqual([]);
  expect(value?.boot.rules.conduits[0]?.pairs[0]?.left).toMatchObject({ family: 4 });
});

test("equal content has an equal id, and any difference another one", () => {
  expect(sealPlan(planContent()).id).toBe(sealPlan(planContent()).id);
  expect(sealPlan(planContent({ author: "otto" })).id).not.toBe(sealPlan(planContent()).id);
});

test("the order of keys and white space do not matter, because they say nothing", () => {
  const reordered = JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(text)).toReversed()));
  expect(codes(reordered)).toEqual([]);
});

test.each([
  ["a shorter soak", '"soak": 20', '"soak": 0'],
  ["another rule", '"from": 502', '"from": 503'],
  ["a weaker approval", '"count": 1', '"count": 0'],
  ["another id", /"id": "[0-9a-f]{64}"/, `"id": "${"0".repeat(64)}"`],
])("%s is an edit, and the plan is refused", (_name, from, to) => {
  const changed = text.replace(from, to);
  expect(changed).not.toBe(text);
  expect(codes(changed)).toEqual(["plan/edited"]);
});

test("a plan that was cut or misspelt is refused where it stops being one", () => {
  const place = (changed: string): unknown => readPlan(changed, "x.plan").diagnostics[0]?.span;
  const lines = text.split("\n");
  const at = lines.findIndex((line) => line.startsWith('  "author": '));
  expect(place(text.slice(0, text.indexOf('"author"') + 12))).toMatchObject({ file: "x.plan", line: at + 1 });
  expect(place(text.replace('"author": "eva"', '"author": 7'))).toMatchObject({ line: at + 1, column: 13 });
});

test("what is not a plan says what it is not", () => {
  expect(codes("hello")).toEqual(["plan/not-json"]);
  expect(codes("{}")).toEqual(["plan/shape"]);
  expect(codes(text.replace('"schema": "sluice/plan"', '"schema": "other"'))).toEqual(["plan/shape"]);
  expect(codes(text.replace('"author": "eva"', '"author": "eva", "surprise": 1'))).toEqual(["plan/shape"]);
  expect(codes(text.replace('"10.20.1.0/24"', '"10.20.1.7/24"'))).toEqual(["plan/shape"]);
});
