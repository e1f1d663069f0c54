import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sessions } from "../../src/lab/plant.ts";
import { answeredAt, isGood, monotonicSeconds } from "../../src/lab/poll-log.ts";
import { type Lab, labMissing, needingLab, startTestLab } from "./lab-fixture.ts";

const crossing = sessions.filter(({ client }) => client !== "hmi").map(({ id }) => id);
const essential = ["mes-plc2", "mes-plc2-ipv6"];

/** Emergencies with sessions that were open before, of permits that are essential and of others. */
describe.skipIf(labMissing)(needingLab("an emergency"), { timeout: 120_000 }, () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await startTestLab("--decided");
    const file = join(lab.folder.site, "site.yaml");
    const text = readFileSync(file, "utf8");
    const marked = text.replace(/^( +)mes-modbus:\n/m, "$&$1  essential: true\n");
    expect(marked).not.toBe(text);
    writeFileSync(file, marked);
  }, 60_000);
  afterAll(() => lab.down());

  /** Ids of the sessions that had a good answer since a time. */
  const answeredSince = (time: number): readonly string[] =>
    sessions
      .map(({ id }) => id)
      .filter((id) => lab.polls(id).some((poll) => isGood(poll) && answeredAt(poll) > time));
  const ids = sessions.map(({ id }) => id);

  test("[slow] an isolated zone keeps its own traffic and the essential permits, and is whole again after --end", async () => {
    const started = monotonicSeconds();
    await expect.poll(() => answeredSince(started), { timeout: 20_000 }).toEqual(ids);
    expect(await lab.engineer("sluice isolate cell1 --reason worm --for 5m")).toContain("cell1 is isolated");
    const isolated = monotonicSeconds();
    expect(isolated - started).toBeLessThan(60);
    await sleep(2500);
    const whole = ids.filter((id) => !crossing.includes(id) || essential.includes(id));
    await expect.poll(() => answeredSince(isolated + 0.5), { timeout: 20_000 }).toEqual(whole);
    expect(await lab.engineer("sluice isolate cell1 --reason over --end")).toContain("no longer isolated");
    const ended = monotonicSeconds();
    await expect.poll(() => answeredSince(ended), { timeout: 30_000 }).toEqual(ids);
  });

  test("[slow] a reboot of the firewall ends an isolation", async () => {
    await lab.engineer("sluice isolate cell1 --reason worm --for 5m");
    await lab.fault("reboot");
    expect(await lab.console("nft list ruleset")).not.toContain("island");
    const rebooted = monotonicSeconds();
    await expect.poll(() => answeredSince(rebooted), { timeout: 60_000 }).toEqual(ids);
  });
});
