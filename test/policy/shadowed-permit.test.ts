import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { policyProgram } from "../../src/compile/policy-program.ts";
import { redundantPermit } from "../../src/policy/checks/redundant-permit.ts";
import { shadowedPermit } from "../../src/policy/checks/shadowed-permit.ts";
import type { Permit, Site } from "../../src/policy/model.ts";
import { createAnalysis } from "../../src/verify/analysis.ts";
import { anyPolicy, type Flows, policy, tcp, unlimited } from "../support/policies.ts";

const poll: Flows = { from: ["10.0.1.2"], to: ["10.0.2.3"], services: [tcp(502)] };
const found = (drawn: ReturnType<typeof policy>): readonly string[] =>
  [...shadowedPermit.run({ site: drawn.site } as Parameters<typeof shadowedPermit.run>[0])].map(
    ({ subject }) => subject!,
  );

const redundant = (site: Site): readonly { subject: string; message: string }[] => [
  ...redundantPermit.run({ site } as Parameters<typeof redundantPermit.run>[0]),
];

describe("a redundant permit", () => {
  test("can be taken out with all others that are found, and of what is left none can, for any policy", () => {
    fc.assert(
      fc.property(anyPolicy, ({ site, conduit }) => {
        const out = new Set([...found({ site, conduit }), ...redundant(site).map(({ subject }) => subject)]);
        const left = conduit.permits.filter(({ id }) => !out.has(`${conduit.id}.${id}`));
        const of = (permits: readonly Permit[]) => policyProgram(site, { ...conduit, permits }, "enforce");
        const whole = of(conduit.permits);
        const rest = of(left);
        const fewer = left.map((one) => of(left.filter((other) => other !== one)));
        const analysis = createAnalysis([whole, rest, ...fewer], [], [], unlimited);
        expect(analysis.meaning(rest)).toBe(analysis.meaning(whole));
        for (const program of fewer) expect(analysis.meaning(program)).not.toBe(analysis.meaning(whole));
      }),
      { numRuns: 100 },
    );
  });

  test("is none whose only cover is one that is found itself: of two alike, or of three that cover each other in part, one goes", () => {
    const { site } = policy([poll, poll]);
    expect([...found({ site } as ReturnType<typeof policy>), ...redundant(site)]).toHaveLength(1);
    const ports = [
      [tcp(1), tcp(2)],
      [tcp(2), tcp(3)],
      [tcp(3), tcp(1)],
    ];
    const { site: ring } = policy(ports.map((services) => ({ ...poll, services })));
    const all = [...found({ site: ring } as ReturnType<typeof policy>), ...redundant(ring)];
    expect(all).toHaveLength(1);
  });

  test("is told of a critical one too, which keeps its packets' count", () => {
    const { site, conduit } = policy([poll, { ...poll, to: ["10.0.2.0/24"] }]);
    const [narrow, wide] = conduit.permits;
    const watched = { ...conduit, permits: [{ ...narrow!, critical: true }, wide!] };
    expect(redundant({ ...site, conduits: [watched] })).toMatchObject([
      {
        message: expect.stringMatching(
          /others do not: "[^"]+"; it is critical, so its packets are counted for it$/,
        ),
      },
    ]);
  });
});

describe("a shadowed permit", () => {
  test("is exactly one that changes nothing when it is taken out, later ones put aside, for any policy", () => {
    fc.assert(
      fc.property(anyPolicy, ({ site, conduit }) => {
        const programs = conduit.permits.map((_, index) =>
          policyProgram(site, { ...conduit, permits: conduit.permits.slice(0, index + 1) }, "enforce"),
        );
        const first = policyProgram(site, { ...conduit, permits: [] }, "enforce");
        const analysis = createAnalysis([first, ...programs], [], [], unlimited);
        const meanings = [first, ...programs].map((program) => analysis.meaning(program));
        const idle = conduit.permits.filter((_, index) => meanings[index] === meanings[index + 1]);
        expect(found({ site, conduit })).toEqual(idle.map(({ id }) => `${conduit.id}.${id}`));
      }),
      { numRuns: 100 },
    );
  });

  test("is not guessed where permits cross too often to say; that is a finding of its own", () => {
    const { site, conduit } = policy(Array.from({ length: 3_300 }, () => poll));
    expect(found({ site, conduit })).toEqual(["left-right"]);
  });
});
