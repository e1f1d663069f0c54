import { expect, test } from "vitest";
import { decisionsOf, judgeRecord } from "../../src/rollout/record.ts";
import type { RecordedFlow } from "../../src/target.ts";
import { anything, ping, policy, tcp, udp } from "../support/policies.ts";

const { conduit } = policy(
  [
    { from: ["10.0.1.1"], to: ["10.0.2.0/30"], services: [tcp(502), udp(100, 200)] },
    { from: ["10.0.1.2"], to: ["10.0.2.1"], services: [ping(4)] },
  ],
  [{ from: ["10.0.1.3"], to: ["10.0.2.1"], services: [anything] }],
);
const recorded = (
  source: string,
  destination: string,
  protocol: number,
  detail: Partial<RecordedFlow>,
): RecordedFlow => ({ family: 4, source, destination, protocol, packets: 1, ...detail });

test.each<[string, RecordedFlow, string | undefined]>([
  ["a request that is permitted now", recorded("10.0.1.1", "10.0.2.2", 6, { port: 502 }), "permit permit-0"],
  ["another port", recorded("10.0.1.1", "10.0.2.2", 6, { port: 503 }), undefined],
  ["the same port of another protocol", recorded("10.0.1.1", "10.0.2.2", 17, { port: 502 }), undefined],
  ["another initiator", recorded("10.0.1.4", "10.0.2.2", 6, { port: 502 }), undefined],
  ["a flow that was decided against", recorded("10.0.1.3", "10.0.2.1", 6, { port: 22 }), "denial denial-0"],
  ["an answer to a client", recorded("10.0.2.2", "10.0.1.1", 6, { port: 40_112 }), "answer permit-0"],
  ["a request the other way", recorded("10.0.2.2", "10.0.1.1", 6, { port: 502 }), undefined],
  ["an answer to somebody who never asked", recorded("10.0.2.2", "10.0.1.4", 6, { port: 40_112 }), undefined],
  ["a ping", recorded("10.0.1.2", "10.0.2.1", 1, { icmpType: 8 }), "permit permit-1"],
  ["its answer", recorded("10.0.2.1", "10.0.1.2", 1, { icmpType: 0 }), "answer permit-1"],
  ["a ping the other way", recorded("10.0.2.1", "10.0.1.2", 1, { icmpType: 8 }), undefined],
  ["a protocol without ports", recorded("10.0.1.1", "10.0.2.2", 47, {}), undefined],
])("the record is held against the decisions: %s", (_name, flow, decision) => {
  const [judged] = judgeRecord(decisionsOf(conduit), [flow]);
  expect(judged!.decision && `${judged!.decision.kind} ${judged!.decision.by}`).toBe(decision);
});

test("what nobody decided comes first, each by falling packets", () => {
  const judged = judgeRecord(decisionsOf(conduit), [
    recorded("10.0.1.3", "10.0.2.1", 6, { port: 22, packets: 900 }),
    recorded("10.0.1.4", "10.0.2.1", 6, { port: 1, packets: 3 }),
    recorded("10.0.1.4", "10.0.2.1", 6, { port: 2, packets: 5 }),
  ]);
  expect(judged.map(({ flow }) => flow.port)).toEqual([2, 1, 22]);
});
