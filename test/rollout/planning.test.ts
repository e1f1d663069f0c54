import { describe, expect, test } from "vitest";
import type { Program } from "../../src/compile/program.ts";
import type { Diagnostic, Outcome } from "../../src/diagnostics/diagnostic.ts";
import { parseRange } from "../../src/net/address.ts";
import type { JournalEntry } from "../../src/rollout/journal.ts";
import type { PlanOrder } from "../../src/rollout/planning/order.ts";
import { planChange } from "../../src/rollout/planning/planning.ts";
import type { HostFacts, Target } from "../../src/target.ts";
import { transitionStatements } from "../../src/verify/claims/transition.ts";
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
function orderFor(to: "monitor" | "enforce", readable: readonly string[], budget = unlimited): PlanOrder {
  const { site } = policy([]);
  const target: Target = {
    ...nftables,
    emit: () => (to === "enforce" ? "boot text" : "old boot"),
    parse: (text) => (readable.includes(text) ? read(text === "boot text" ? "enforce" : "monitor") : unread),
  };
  const rules = conduitRules(to);
  const conduit = { ...site.conduits[0]!, id: rules.conduit };
  return {
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
    ...{
      baseline: undefined,
      window: undefined,
      created: new Date(0),
      journal: [],
      before: [],
      together: "x.plan",
      pair: undefined,
      acceptWeakDeadMen: false,
      accept: to === "enforce" ? [{ name: "coverage", reason: "a test" }] : [],
    },
  } as unknown as PlanOrder;
}

async function plan(...order: Parameters<typeof orderFor>) {
  const planning = await planChange(orderFor(...order), (await fakeFirewall(makePlan())).driver);
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

  test("and where it would treat what is not its own anew, the packet and the rule are told", async () => {
    // What is to come enforces a network beside the conduit's too.
    const [cell] = conduitRules("enforce").pairs;
    const wider = conduitRules("enforce", [], "other");
    const apart = { ...cell!, left: parseRange("10.77.0.0/24") };
    const text = nftables.emit({
      firewall: "fw1",
      conduits: [conduitRules("enforce"), { ...wider, pairs: [apart] }],
    });
    const order = orderFor("enforce", all);
    const parse: Target["parse"] = (listing, file) =>
      listing === "boot text" ? nftables.parse(text, file) : order.target.parse(listing, file);
    const planning = await planChange(
      { ...order, target: { ...order.target, parse } },
      (await fakeFirewall(makePlan())).driver,
    );
    expect(planning).toMatchObject({
      kind: "problems",
      problems: [
        expect.stringMatching(
          /^this does not hold: Every packet outside the conduit .* Against it: tcp \S+ -> \S+ \(line (\d+) of the rules to come\)$/,
        ),
      ],
    });
    const [problem] = (planning as { readonly problems: readonly string[] }).problems;
    const line = Number(/line (\d+)/.exec(problem!)?.[1]);
    expect(text.split("\n")[line - 1]).toContain('drop comment "other enforce"');
  });

  test("and it is planned as soon as all of it can be read", async () => {
    expect(await plan("enforce", all)).toBe("plan");
  });
});

test.each([
  ["monitor", ["loses-nothing: proved", "stays-inside: proved", "way-back: proved"]],
  ["enforce", ["stays-inside: proved", "way-back: proved"]],
] as const)("a plan to %s holds what was proved of its step, in words", async (to, claims) => {
  const firewall = await fakeFirewall(makePlan());
  if (to === "monitor") {
    Object.assign(firewall, { confirmed: "", bootText: "" });
    firewall.files.clear();
  }
  const planning = await planChange(orderFor(to, ["monitor", "boot text", "old boot"]), firewall.driver);
  if (planning.kind !== "plan") throw new Error(JSON.stringify(planning));
  const { transition = [] } = planning.content;
  expect(transition.map(({ claim, result }) => `${claim}: ${result}`)).toEqual(claims);
  for (const { claim, statement } of transition) {
    expect(statement).toBe(transitionStatements[claim as keyof typeof transitionStatements]);
  }
});

describe("a plan names the dead men of its firewall", () => {
  const order = orderFor("enforce", ["monitor", "boot text", "old boot"]);
  const firings = [
    { by: "kernel", due: 2, seconds: 2.01 },
    { by: "process", due: 2, seconds: 2.4 },
  ] as const;
  const drilled = (details: object, firewall = "fw1"): JournalEntry => ({
    ...{
      time: "2026-03-01T01:00:00.000Z",
      actor: "olaf",
      action: "drilled",
      firewall,
      details: { ...details },
    },
    ...{ number: 1, previous: "", hash: "" },
  });
  const planned = async (over: Partial<PlanOrder>, deadMen?: HostFacts["deadMen"]) => {
    const firewall = await fakeFirewall(makePlan());
    const facts = await firewall.driver.facts();
    const driver = {
      ...firewall.driver,
      facts: async () => ({ ...facts, deadMen: deadMen ?? facts.deadMen }),
    };
    return { planning: await planChange({ ...order, ...over }, driver), firewall };
  };

  test("as a drill saw them fire that is held where the journal knows none", async () => {
    const other = drilled({ firings: [firings[0]] });
    for (const journal of [[], [drilled({ firings }, "fw2")], [other], [drilled({ seconds: 2 })]]) {
      const { planning, firewall } = await planned({ journal });
      expect(firewall.calls).toContain("drill");
      expect(planning).toMatchObject({
        drill: { time: "1970-01-01T00:00:00.000Z" },
        content: {
          deadMen: {
            firings: [
              { by: "kernel", seconds: 2 },
              { by: "process", seconds: 2 },
            ],
          },
        },
      });
    }
  });

  test("as the last drill in the journal saw them, and then none is held", async () => {
    const late = drilled({ firings: [firings[0], { ...firings[1], seconds: 9 }] });
    const { planning, firewall } = await planned({ journal: [drilled({ firings }), late] });
    expect(firewall.calls).not.toContain("drill");
    expect(planning).not.toHaveProperty("drill");
    expect(planning).toMatchObject({
      content: { deadMen: { drilled: "2026-03-01T01:00:00.000Z", firings } },
    });
    if (planning.kind !== "plan") throw new Error(planning.kind);
    expect(planning.content.undo.deadMan).toMatch(
      /^the lease in the kernel .*if it does not, a separate process/,
    );
  });

  test("and is not made when one of them fires late", async () => {
    const firewall = await fakeFirewall(makePlan());
    firewall.drillSeconds = 9;
    expect(await planChange(order, firewall.driver)).toMatchObject({
      kind: "problems",
      problems: [expect.stringContaining("after 9.0 s instead of 2.0 s")],
    });
  });

  test("and is not made where a kill ends all of them, unless that is accepted", async () => {
    const { planning: refused } = await planned({}, ["process", "process"]);
    expect(refused).toMatchObject({ problems: [expect.stringContaining("--accept-weak-dead-men")] });
    const { planning } = await planned({ acceptWeakDeadMen: true }, ["process", "process"]);
    expect(planning).toMatchObject({ content: { deadMen: { weak: "accepted" } } });
    const { planning: needless } = await planned({ acceptWeakDeadMen: true });
    expect(needless).not.toHaveProperty("content.deadMen.weak");
  });
});
