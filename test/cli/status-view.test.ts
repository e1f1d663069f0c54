import { expect, test } from "vitest";
import { renderStatus } from "../../src/cli/views/status.ts";
import { policy } from "../support/policies.ts";

test("status says how long open sessions still drain, past the confirm and in a trial", () => {
  const conduit = { conduit: "left-right", stage: "enforce", rulesHash: "" } as const;
  const shown = (...conduits: readonly object[]): string =>
    renderStatus(
      [
        {
          firewall: "fw1",
          live: {
            conduits: conduits.map((one) => ({ ...conduit, ...one })),
            ...{ lock: undefined, ownHash: "", foreignHash: "" },
          },
        },
      ],
      [],
      policy([]).site,
      new Date(),
    );
  expect(shown({ draining: 7200 })).toContain("left-right: enforce, open sessions drain for 2 h more\n");
  expect(shown({ draining: 90, trial: { plan: "ab", secondsLeft: 9 } })).toContain(
    "left-right: unmanaged, ON TRIAL: enforce, ends by itself in 9 s (plan ab…), open sessions of the trial drain for",
  );
  expect(shown({})).not.toContain("drain");
});
