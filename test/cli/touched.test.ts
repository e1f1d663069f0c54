import { expect, test } from "vitest";
import { noticing } from "../../src/cli/rollout/touched.ts";
import { printableLine } from "../../src/diagnostics/printable.ts";
import { rollBack } from "../../src/rollout/known-good/rollback.ts";
import { DriverError } from "../../src/target.ts";
import { fakeFirewall } from "../support/fake-firewall.ts";
import { makePlan } from "../support/plan.ts";

test("a rollback that the firewall does not let look has touched nothing, and one that it lets begin has", async () => {
  const { driver } = await fakeFirewall(makePlan());
  const refuses = () => Promise.reject(new DriverError("Operation not permitted (you must be root)"));
  const blind = noticing({ ...driver, read: refuses });
  await expect(rollBack(blind.driver)).rejects.toThrow("you must be root");
  expect(blind.isTouched()).toBe(false);
  const stuck = noticing({ ...driver, restore: refuses });
  await expect(rollBack(stuck.driver)).rejects.toThrow("you must be root");
  expect(stuck.isTouched()).toBe(true);
});

test("every step that may change a firewall is noticed, with its words and its answer", async () => {
  const { driver } = await fakeFirewall(makePlan());
  const steps = Object.keys(driver).filter(
    (name) => typeof driver[name as keyof typeof driver] === "function",
  );
  const changing = steps.filter((name) => {
    const noticed = noticing(Object.fromEntries(steps.map((step) => [step, () => step])) as never);
    expect((noticed.driver[name as keyof typeof driver] as () => unknown)()).toBe(name);
    return noticed.isTouched();
  });
  expect(changing.toSorted()).toEqual(
    [
      ...["arm", "confirm", "disarm", "drill", "endSessions", "guard", "load", "lock", "note", "removeFile"],
      ...["renew", "restore", "unlock", "writeBoot", "writeFile"],
    ].toSorted(),
  );
});

test("what a host says in several lines stands in one line of a table", () => {
  expect(printableLine("not permitted\n  netlink: failed\n")).toBe("not permitted; netlink: failed");
});
