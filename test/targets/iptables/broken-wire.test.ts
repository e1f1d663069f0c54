import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Session } from "../../../src/session.ts";
import { iptables } from "../../../targets/iptables/target.ts";
import type { FirewallHost } from "../../support/firewall-host.ts";
import { missingForIptables, startIptablesHost } from "../../support/iptables-host.ts";
import { localSession } from "../../support/local-session.ts";
import { conduitRules } from "../../support/rules.ts";

/** A wire that breaks while something is sent: the host sees the end of its input too early. */
const cutAt = (session: Session, share: number): Session => ({
  ...session,
  run: (argv, { stdin, ...options } = {}) =>
    session.run(argv, {
      ...options,
      ...(stdin && { stdin: stdin.slice(0, Math.floor(stdin.length * share)) }),
    }),
});

describe.skipIf(missingForIptables)(
  missingForIptables ? `(skipped: needs ${missingForIptables})` : "a wire that breaks half way",
  () => {
    let host: FirewallHost;
    beforeEach(() => {
      host = startIptablesHost("legacy");
    });
    afterEach(() => host.stop());
    const text = iptables.emit({ firewall: "fw1", conduits: [conduitRules("enforce")] });

    test.each([0.1, 0.4, 0.6, 0.9, 0.999])("at %d of a change leaves the host as it was", async (share) => {
      const whole = localSession(host.prefix);
      const driver = iptables.driver(cutAt(whole, share), host.paths);
      await expect(driver.restore(text)).rejects.toThrow(/could not restore the known-good configuration/);
      expect((await iptables.driver(whole, host.paths).read()).text).toBeUndefined();
    });

    test("in the middle of a boot file leaves the old one", async () => {
      const whole = iptables.driver(localSession(host.prefix), host.paths);
      await whole.writeBoot(text);
      const driver = iptables.driver(cutAt(localSession(host.prefix), 0.5), host.paths);
      const other = iptables.emit({ firewall: "fw1", conduits: [conduitRules("monitor")] });
      await expect(driver.writeBoot(other)).rejects.toThrow(/did not arrive whole/);
      expect((await whole.read()).bootText).toBe(text);
    });
  },
);
