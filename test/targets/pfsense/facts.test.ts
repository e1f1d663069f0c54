import { expect, test } from "vitest";
import type { Session } from "../../../src/session.ts";
import { createDriver } from "../../../targets/pfsense/driver.ts";

test("a pfSense that is a bridge is refused, and only where the site file says that it is one", async () => {
  const session: Session = {
    run: async (argv) => ({
      code: 0,
      stdout: argv[0] === "uname" ? "FreeBSD 14.0-CURRENT\n" : "",
      stderr: "",
    }),
    close: async () => undefined,
  };
  const paths = { bootFile: "/conf/sluice/boot.pf", bootEntry: "/conf/config.xml" };
  const routed = await createDriver(session, paths).facts();
  const bridge = await createDriver(session, { ...paths, transparent: true }).facts();
  expect(routed.obstacles.join()).not.toContain("transparent");
  expect(bridge.obstacles.filter((one) => !routed.obstacles.includes(one))).toEqual([
    expect.stringMatching(/^a transparent pfSense is not supported: what its bridge leads to pf/),
  ]);
});
