import { describe, expect, test } from "vitest";
import { widerThanEvidence } from "../../src/policy/checks/wider-than-evidence.ts";
import { changed, checked, observed } from "./support/plant.ts";

type Poll = { initiators?: string[]; responders?: string[]; services?: string[] };

/** What the check says of the plant's permit, in other words than its own. */
const said = (poll: Poll, flows = observed): readonly string[] => {
  const text = changed((plant) => Object.assign(plant.conduits["dmz-cell"].permits.poll, poll));
  const { diagnostics } = checked(text, { evidence: new Map([["baseline/week.json", flows]]) });
  return diagnostics.flatMap(({ code, message }) =>
    code === `check/${widerThanEvidence.id}`
      ? message.replace(/^permit "poll" is wider than its evidence: /, "")
      : [],
  );
};
const flow = (initiator: string, responder: string, port = 502) => ({
  ...observed[0]!,
  initiator,
  responder,
  port,
});

describe("a permit is wider than its evidence", () => {
  test.each<[string, Poll]>([
    ["never seen 7 of the 8 addresses of responder 10.1.0.8/29", { responders: ["10.1.0.8/29"] }],
    ["never seen 255 of the 256 addresses of initiator 10.2.0.0/24", { initiators: ["10.2.0.0/24"] }],
    ["never seen 9 of the 10 ports of tcp:500-509", { services: ["tcp/500-509"] }],
    ["never seen most of any service", { services: ["any"] }],
  ])("%s", (message, poll) => {
    expect(said(poll)).toEqual([message]);
  });

  test("where two were seen asking, each another one, and may both ask both", () => {
    const flows = [flow("10.2.0.10", "10.1.0.10"), flow("10.2.0.11", "10.1.0.11")];
    const both = { initiators: ["10.2.0.10", "10.2.0.11"], responders: ["10.1.0.10", "10.1.0.11"] };
    expect(said(both, flows)).toEqual(["never seen 10.2.0.10 -> 10.1.0.11, 10.2.0.11 -> 10.1.0.10"]);
    const all = [...flows, flow("10.2.0.10", "10.1.0.11"), flow("10.2.0.11", "10.1.0.10")];
    expect(said(both, all)).toEqual([]);
  });

  test("and is not where every address and every port of its ranges was seen", () => {
    const flows = ["10.1.0.10", "10.1.0.11"].flatMap((to) =>
      [502, 503].map((port) => flow("10.2.0.10", to, port)),
    );
    expect(said({ responders: ["10.1.0.10/31"], services: ["tcp/502-503"] }, flows)).toEqual([]);
  });
});
