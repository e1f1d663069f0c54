import { expect, test } from "vitest";
import { exitCodeOf, type MeasuredOn, splitPairs } from "../../src/cli/rollout/measure.ts";
import type { Firewall } from "../../src/policy/model.ts";

const on = (id: string, kind: "taken" | "refused" | "unproven", peer?: string): MeasuredOn => ({
  firewall: { id, ...(peer && { highAvailability: { peer, role: "primary" } }) } as unknown as Firewall,
  taken: kind === "taken" ? { kind } : { kind, reason: "cannot reach it" },
});

test("a measure that some firewalls took and others did not is no success, and not nothing either", () => {
  expect(exitCodeOf([on("fw1", "taken"), on("fw2", "taken")])).toBe(0);
  expect(exitCodeOf([on("fw1", "refused"), on("fw2", "refused")])).toBe(1);
  expect(exitCodeOf([on("fw1", "taken"), on("fw2", "refused")])).toBe(4);
  expect(exitCodeOf([on("fw1", "taken"), on("fw2", "unproven")])).toBe(4);
});

test("a pair is called split where one member took a measure, and only a pair", () => {
  const pair = (one: "taken" | "refused", other: "taken" | "refused" | "unproven") =>
    splitPairs([on("fw1", one, "fw2"), on("fw2", other, "fw1")]);
  expect(pair("taken", "taken")).toEqual([]);
  expect(pair("refused", "refused")).toEqual([]);
  expect(pair("taken", "refused")).toEqual([
    'THE PAIR MAY BE SPLIT: fw1 has done it and fw2 has not. "sluice status" says whether a failover changes what passes',
  ]);
  expect(pair("refused", "taken")[0]).toContain("fw2 has done it and fw1 has not");
  expect(pair("taken", "unproven")[0]).toContain("fw2 is not known to have");
  expect(splitPairs([on("fw1", "taken"), on("fw2", "refused")])).toEqual([]);
});
