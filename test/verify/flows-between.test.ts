import { expect, test } from "vitest";
import type { Baseline, BaselineFlow } from "../../src/baseline/flow.ts";
import { parseRange } from "../../src/net/address.ts";
import type { Conduit } from "../../src/policy/model.ts";
import { flowsToKeep } from "../../src/verify/claims/observed.ts";

const conduit = {
  denials: [],
  span: { file: "site.yaml", line: 1, column: 1, length: 1 },
} as unknown as Conduit;
const flow = (initiator: string, responder: string): BaselineFlow => ({
  ...{ family: initiator.includes(":") ? 6 : 4, initiator, responder, protocol: 6, port: 502 },
  ...{ connections: 1, packets: 1, bytes: 1, evidence: "syn", confidence: 1, answered: true },
});
const baseline = (flows: readonly BaselineFlow[]): Baseline => ({
  ...{ schema: "sluice/baseline", version: 1, sources: [] },
  flows,
});
const pair = (left: string, right: string) => ({ left: parseRange(left), right: parseRange(right) });
const kept = (all: Baseline, ...pairs: readonly ReturnType<typeof pair>[]) =>
  flowsToKeep(all, conduit, pairs).map(({ flow: { initiator, responder } }) => `${initiator} ${responder}`);

test("a conduit keeps what goes between its networks, in either direction, once, in the baseline's order", () => {
  const all = baseline([
    flow("10.2.0.255", "10.1.0.0"),
    flow("10.1.0.7", "10.2.0.9"),
    flow("10.1.0.7", "10.1.0.8"),
    flow("10.3.0.1", "10.1.0.7"),
    flow("fd00::1", "fd01::ffff"),
    flow("10.2.1.0", "10.1.0.7"),
  ]);
  const networks = [
    pair("10.1.0.0/24", "10.2.0.0/24"),
    pair("10.1.0.0/16", "10.2.0.0/25"),
    pair("fd00::/64", "fd01::/112"),
  ];
  expect(kept(all, ...networks)).toEqual(["10.2.0.255 10.1.0.0", "10.1.0.7 10.2.0.9", "fd00::1 fd01::ffff"]);
});

test("ten times as many conduits of one hub read no more of each flow", () => {
  const reads = (conduits: number): number => {
    let count = 0;
    const all = baseline(
      Array.from({ length: 20 * conduits }, (_, place) => {
        const one = flow("10.0.0.1", `10.1.${place % conduits}.${1 + Math.floor(place / conduits)}`);
        return Object.defineProperty(one, "port", {
          get: () => {
            count += 1;
            return 502;
          },
          enumerable: true,
        });
      }),
    );
    for (let number = 0; number < conduits; number += 1)
      expect(kept(all, pair("10.0.0.0/24", `10.1.${number}.0/24`))).toHaveLength(20);
    return count / all.flows.length;
  };
  expect(reads(100)).toBe(reads(10));
});
