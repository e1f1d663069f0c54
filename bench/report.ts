import type { BaselineFlow } from "../src/baseline/flow.ts";
import type { Stage } from "../src/compile/ir.ts";
import { lowerConduit } from "../src/compile/lower.ts";
import { sha256 } from "../src/digest.ts";
import { formatAddress } from "../src/net/address.ts";
import type { PlanContent } from "../src/plan/plan.ts";
import { readPlan, sealPlan, writePlan } from "../src/plan/plan-file.ts";
import { reviewFacts } from "../src/plan/review-facts.ts";
import { firewallRulesDocument } from "../src/plan/rules-document.ts";
import { printHtml } from "../src/report/print-html.ts";
import { review } from "../src/report/review.ts";
import { targets } from "../targets/index.ts";
import type { Figure } from "./figure.ts";
import { syntheticSite } from "./synthetic-site.ts";

const flowCount = 10_000;

/** Seconds from a plan's file to its review page, for a conduit with 10,000 permits and 10,000 observed flows. */
export async function bench(): Promise<readonly Figure[]> {
  const start = performance.now();
  const content = planContent();
  const gathered = performance.now();
  const text = writePlan(sealPlan(content));
  const page = Math.min(...[1, 2, 3].map(() => secondsOf(() => pageOf(text))));
  return [
    { name: `facts of ${flowCount} flows for a reviewer`, value: (gathered - start) / 1000, unit: "s" },
    { name: `review page of ${flowCount} flows, from the plan's file`, value: page, unit: "s" },
    { name: "size of that page", value: Buffer.byteLength(pageOf(text)) / 1e6, unit: "MB" },
  ];
}

function secondsOf(action: () => unknown): number {
  const start = performance.now();
  action();
  return (performance.now() - start) / 1000;
}

function pageOf(text: string): string {
  const { value } = readPlan(text, "bench.plan.json");
  if (!value) throw new Error("the plan of the bench is not a plan");
  return printHtml(
    review({
      plan: value,
      approvals: { accepted: [], rejected: [], open: [], missing: 1 },
      journal: undefined,
    }),
  );
}

/** A plan that takes the synthetic conduit from monitor to enforce; one flow in ten has no permit. */
function planContent(): PlanContent {
  const { site, conduit } = syntheticSite(flowCount, 4);
  const flows = conduit.permits.map(({ initiators, responders, services }, index): BaselineFlow => {
    const [source, destination, service] = [initiators[0]!, responders[0]!, services[0]!];
    return {
      family: 4,
      initiator: formatAddress(4, source.from),
      responder: formatAddress(4, destination.from),
      protocol: 6,
      port: index % 10 === 0 ? 23 : service.kind === "ports" ? service.from : 0,
      ...{
        connections: 7,
        packets: 900,
        bytes: 70_000,
        evidence: "syn",
        confidence: 1,
        answered: index % 10 !== 0,
      },
      lastSeen: "2026-11-14T22:31:07.000Z",
    };
  });
  const baseline = { schema: "sluice/baseline", version: 1, sources: [], flows } as const;
  const rules = (stage: Stage) => lowerConduit(site, conduit, stage).value!;
  const boot = { firewall: "fw1", conduits: [rules("enforce")] };
  const bootText = targets.get("nftables")!.emit(boot);
  const none = sha256("");
  return {
    author: "eva",
    created: "2026-11-20T14:05:00.000Z",
    site: { name: site.name, file: "site.yaml", sha256: none, text: "" },
    conduit: conduit.id,
    firewall: {
      ...{
        id: "fw1",
        target: "nftables",
        address: "192.0.2.1",
        bootFile: "/etc/sluice",
        bootEntry: "/etc/rules",
      },
      ssh: { user: "root", port: 22, hostKeys: [], privilege: "login" },
    },
    ...{ from: "monitor", to: "enforce", difference: { verdict: "narrowed" } },
    compiled: { text: bootText, sha256: sha256(bootText) },
    boot: { text: bootText, sha256: sha256(bootText), rules: firewallRulesDocument(boot) },
    expected: { rulesHash: none, ownHash: none },
    certificate: {},
    baseline: { name: "bench", sha256: none },
    watch: { expected: [], heartbeats: [] },
    base: {
      ...{ own: "", ownHash: none, foreign: "", foreignHash: none, kernel: "6.1", version: "1.0.6" },
      boot: targets.get("nftables")!.emit({ firewall: "fw1", conduits: [rules("monitor")] }),
    },
    criteria: [],
    trial: { lease: 120, renewEvery: 5, soak: 600, maximum: 3600, reserve: 600 },
    ...{ people: [], mayApply: ["operator"], approval: { rules: [], expires: "2099-01-01T00:00:00.000Z" } },
    undo: { deadMan: "the kernel", abort: "Ctrl-C", reboot: "the boot file", console: [] },
    commands: [],
    review: reviewFacts({
      site,
      conduit,
      firewall: "fw1",
      to: "enforce",
      before: rules("monitor"),
      baseline,
    }),
  };
}
