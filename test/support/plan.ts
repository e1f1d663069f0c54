import { sha256 } from "../../src/digest.ts";
import type { Plan, PlanContent } from "../../src/plan/plan.ts";
import { planSchema } from "../../src/plan/plan.ts";
import { sealPlan } from "../../src/plan/plan-file.ts";
import { firewallRulesDocument } from "../../src/plan/rules-document.ts";
import { conduitRules } from "./rules.ts";

/** Content of a plan that takes dmz-cell1 from monitor to enforce; `over` replaces parts of it. */
export const planContent = (over: Partial<PlanContent> = {}): PlanContent => ({
  author: "eva",
  created: "2026-03-01T02:00:00.000Z",
  site: { name: "Test", file: "site.yaml", sha256: sha256("site"), text: "site" },
  conduit: "dmz-cell1",
  firewall: {
    id: "fw1",
    target: "nftables",
    address: "192.0.2.1",
    ssh: { user: "root", port: 22, hostKeys: [], privilege: "login" },
    bootFile: "/etc/nftables.d/sluice.nft",
    bootEntry: "/etc/nftables.conf",
  },
  from: "monitor",
  to: "enforce",
  difference: { verdict: "narrowed", lost: "tcp 10.20.1.66:40000 -> 10.10.1.10:502" },
  compiled: { text: "conduit text", sha256: sha256("conduit text") },
  boot: {
    text: "boot text",
    sha256: sha256("boot text"),
    rules: firewallRulesDocument({ firewall: "fw1", conduits: [conduitRules("enforce")] }),
  },
  expected: { rulesHash: sha256("rules"), ownHash: sha256("enforce") },
  certificate: {},
  watch: {
    expected: [{ family: 4, initiator: "10.20.1.10", responder: "10.10.1.10", protocol: 6, port: 502 }],
    heartbeats: [{ permit: "poll", deadline: 3 }],
  },
  base: {
    own: "monitor",
    ownHash: sha256("monitor"),
    foreign: "",
    foreignHash: sha256(""),
    boot: "old boot",
    kernel: "6.1",
    version: "1.0.6",
  },
  criteria: [
    {
      id: "dropped",
      type: "flow-dropped",
      interval: 1,
      failureLimit: 0,
      consecutiveLimit: 0,
      onNoData: "fail",
      severity: "abort",
    },
    {
      id: "heartbeat",
      type: "heartbeat-lost",
      interval: 1,
      failureLimit: Number.MAX_SAFE_INTEGER,
      consecutiveLimit: 1,
      onNoData: "hold",
      severity: "abort",
    },
  ],
  trial: { lease: 10, renewEvery: 2, soak: 20, maximum: 300, reserve: 60 },
  people: [],
  mayApply: ["engineer"],
  approval: {
    rules: [{ cause: "enforce", count: 1, roles: ["approver"] }],
    expires: "2099-01-01T00:00:00.000Z",
  },
  undo: { deadMan: "kernel", abort: "Ctrl-C", reboot: "boot file", console: [] },
  commands: [],
  ...over,
});

export const makePlan = (over: Partial<PlanContent> = {}): Plan =>
  planSchema.parse(sealPlan(planContent(over)));
