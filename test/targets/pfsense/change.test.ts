import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ConduitRules } from "../../../src/compile/ir.ts";
import { sha256 } from "../../../src/digest.ts";
import type { Plan } from "../../../src/plan/plan.ts";
import { firewallRulesDocument } from "../../../src/plan/rules-document.ts";
import { changeOf, type Outside } from "../../../src/rollout/change.ts";
import { rollBack } from "../../../src/rollout/known-good/rollback.ts";
import type { State } from "../../../src/rollout/trial/machine.ts";
import { runChange } from "../../../src/rollout/trial/runner.ts";
import { emit } from "../../../targets/pfsense/emit.ts";
import { makePlan } from "../../support/plan.ts";
import { conduitRules } from "../../support/rules.ts";
import { missingForPfsense, type PfsenseHost, startPfsenseHost } from "./pfsense-host.ts";

/** Time of the host, which runs five times as fast. */
const speed = 5;

describe.skipIf(missingForPfsense)(
  missingForPfsense ? `a change on pfSense (skipped: needs ${missingForPfsense})` : "a change on pfSense",
  () => {
    let host: PfsenseHost;
    let abort: string | undefined;
    let recorded: (event: string) => void = () => undefined;
    const told: string[] = [];
    beforeEach(() => {
      recorded = () => undefined;
      host = startPfsenseHost();
      abort = undefined;
      told.length = 0;
    });
    afterEach(() => host.stop());

    const outside = (): Outside => ({
      probe: async () => "unknown",
      signal: async () => ({ kind: "nothing", reason: "nobody is asked" }),
      exercised: () => new Set(),
      now: () => (performance.now() / 1000) * speed,
      // The clock of the stand-in is that of this machine.
      time: () => new Date(),
      sleep: (seconds) => new Promise((resolve) => setTimeout(resolve, (seconds * 1000) / speed)),
      abortReason: () => abort,
      connect: async () => ({ driver: host.driver, allow: () => undefined, close: async () => undefined }),
      record: async (event) => recorded(event),
      tell: (line) => told.push(line),
      mayTakeOver: async () => false,
    });

    /** A plan for the firewall as it is, to take dmz-cell1 to these rules. */
    const plan = async (rules: ConduitRules, from: Plan["from"]): Promise<Plan> => {
      const { driver } = host;
      const [live, facts] = [await driver.read(), await driver.facts()];
      const all = { firewall: "fw1", conduits: [rules] };
      const text = emit(all);
      const preview = await driver.preview(text);
      return makePlan({
        from,
        to: rules.stage,
        compiled: { text, sha256: sha256(text) },
        boot: { text, sha256: sha256(text), rules: firewallRulesDocument(all) },
        expected: { rulesHash: preview.conduits[0]!.rulesHash, ownHash: preview.ownHash },
        base: {
          own: live.form,
          ownHash: live.ownHash,
          foreign: live.foreignForm,
          foreignHash: live.foreignHash,
          boot: live.bootText ?? null,
          kernel: facts.kernel,
          version: facts.version,
        },
        watch: { expected: [], heartbeats: [] },
        criteria: [
          {
            id: "dropped",
            type: "flow-dropped",
            interval: 5,
            failureLimit: 0,
            consecutiveLimit: 0,
            onNoData: "fail",
            severity: "abort",
          },
        ],
        trial: { lease: 60, renewEvery: 10, soak: 20, maximum: 600, reserve: 60 },
      });
    };
    const carry = async (to: Plan): Promise<State> => {
      const settings = { lease: to.trial.lease, soak: to.trial.soak, confirm: "after-soak" as const };
      return runChange(changeOf(to, "eva", "one", new Date(0)), { kind: "approved" }, settings, outside());
    };
    const stages = async (): Promise<readonly string[]> =>
      (await host.driver.read()).conduits.map((one) => `${one.conduit} ${one.stage}`);

    test("goes to monitor, to enforcement, and back by one command", async () => {
      expect(await carry(await plan(conduitRules("monitor"), "unmanaged"))).toEqual({ kind: "done" });
      expect(await stages()).toEqual(["dmz-cell1 monitor"]);
      expect(host.file("config.xml")).toContain("sluice:dmz-cell1:poll");

      expect(await carry(await plan(conduitRules("enforce"), "monitor"))).toEqual({ kind: "done" });
      expect(await stages()).toEqual(["dmz-cell1 enforce"]);

      expect(await rollBack(host.driver)).toMatchObject({ kind: "restored", proven: true, persisted: true });
      expect(await stages()).toEqual(["dmz-cell1 monitor"]);
      expect(await rollBack(host.driver)).toMatchObject({ kind: "restored", proven: true, persisted: true });
      expect(await stages()).toEqual([]);
      expect(host.file("config.xml")).not.toContain("sluice:");
    }, 120_000);

    test("is proven back when the operator ends it", async () => {
      const to = await plan(conduitRules("monitor"), "unmanaged");
      const before = await host.driver.read();
      recorded = (event) => {
        if (event === "soak") abort = "enough";
      };
      expect(await carry({ ...to, trial: { ...to.trial, soak: 300 } })).toEqual({
        kind: "verified-back",
        cause: "enough",
      });
      expect(await host.driver.read()).toMatchObject({
        ownHash: before.ownHash,
        conduits: [],
        lock: undefined,
      });
    }, 60_000);
  },
);
