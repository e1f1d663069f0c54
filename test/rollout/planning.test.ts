import { describe, expect, test } from "vitest";
import type { Program } from "../../src/compile/program.ts";
import type { Diagnostic, Outcome } from "../../src/diagnostics/diagnostic.ts";
import { type PlanOrder, planChange } from "../../src/rollout/planning.ts";
import type { Target } from "../../src/target.ts";
import { nftables } from "../../targets/nftables/target.ts";
import { fakeFirewall } from "../support/fake-firewall.ts";
import { makePlan, planContent } from "../support/plan.ts";
import { policy, unlimited } from "../support/policies.ts";
import { conduitRules } from "../support/rules.ts";

/** In the fake, "monitor" is the listing of what runs and "boot text" is what is to come; both mean what they say here. */
const read = (stage: "monitor" | "enforce") =>
  nftables.parse(nftables.emit({ firewall: "fw1", conduits: [conduitRules(stage)] }), "fw1");
const foreign: Diagnostic = {
  ...{ code: "x", severity: "error", message: "a map of somebody else" },
  span: { file: "fw1", line: 7, column: 1, length: 1 },
};
const unread: Outcome<Program> = { diagnostics: [foreign] };

/** @param readable the texts that the target's reader understands. */
async function plan(to: "monitor" | "enforce", readable: readonly string[], budget = unlimited) {
  const { site } = policy([]);
  const target: Target = {
    ...nftables,
    emit: () => (to === "enforce" ? "boot text" : "old boot"),
    parse: (text) => (readable.includes(text) ? read(text === "boot text" ? "enforce" : "monitor") : unread),
  };
  const rules = conduitRules(to);
  const conduit = { ...site.conduits[0]!, id: rules.conduit };
  const order = {
    ...{
      site,
      siteFile: "site.yaml",
      siteText: "site",
      conduit,
      target,
      budget,
      file: "x.plan",
      author: "eva",
    },
    firewall: planContent().firewall,
    ruleset: { rules, text: to === "enforce" ? "conduit text" : "old boot", claims: [], certificate: {} },
    ...{ baseline: undefined, window: undefined, created: new Date(0) },
  } as unknown as PlanOrder;
  const planning = await planChange(order, (await fakeFirewall(makePlan())).driver);
  return planning.kind === "problems" ? planning.problems.join("\n") : planning.kind;
}

describe("enforcement is not planned while nothing proves the step", () => {
  const all = ["monitor", "boot text", "old boot"];

  test("because what runs cannot be read; the line and two ways to mend it are told", async () => {
    expect(await plan("enforce", all.slice(1))).toBe(
      "not proved: Every packet outside the conduit is treated as it is now. What a rollback restores treats every " +
        "packet as it is treated now. Reason: cannot be read: line 7 of the rules that run: a map of somebody else. " +
        'Before it can be enforced: "sluice plan dmz-cell1 --to monitor" writes the rules anew, "sluice rollback fw1" ' +
        "loads the known-good again",
    );
  });

  test("because the known-good that a rollback would load cannot be read", async () => {
    expect(await plan("enforce", all.slice(0, 2))).toContain(
      "cannot be read: line 7 of the known-good: a map",
    );
  });

  test("because the proof takes more than its budget", async () => {
    expect(await plan("enforce", all, { nodes: 3, outOfTime: () => false })).toMatch(
      /^not proved: .* Reason: the proof took more than its budget\. Before/,
    );
  });

  test("and it is planned as soon as all of it can be read", async () => {
    expect(await plan("enforce", all)).toBe("plan");
  });
});
