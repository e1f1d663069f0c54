import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Session } from "../../src/session.ts";
import type { Driver } from "../../src/target.ts";
import { iptables } from "../../targets/iptables/target.ts";
import { nftables } from "../../targets/nftables/target.ts";
import { type FirewallHost, missingForFirewall, startFirewallHost } from "../support/firewall-host.ts";
import { missingForIptables, startIptablesHost } from "../support/iptables-host.ts";
import { localSession } from "../support/local-session.ts";
import { conduitRules } from "../support/rules.ts";
import { order } from "./driver-contract.ts";

const platforms = [
  { name: "nft", missing: missingForFirewall, target: nftables, start: startFirewallHost },
  {
    name: "iptables-legacy",
    missing: missingForIptables,
    target: iptables,
    start: () => startIptablesHost("legacy"),
  },
];

/** A session whose answers of more than a line are cut off after so many characters, their exit code unchanged. */
const cutting = (session: Session, share: number): Session => ({
  ...session,
  run: async (argv, options) => {
    const result = await session.run(argv, options);
    if (!/\n.*\n/.test(result.stdout)) return result;
    return { ...result, stdout: result.stdout.slice(0, Math.floor(result.stdout.length * share)) };
  },
});

describe.each(platforms)(
  "answers of a $name host that are not what they should be",
  ({ missing, target, start }) => {
    let host: FirewallHost;
    let session: Session;
    const driverOver = (wire: Session): Driver => target.driver(wire, host.paths);
    beforeEach(() => {
      if (missing) return;
      host = start();
      session = localSession(host.prefix);
    });
    afterEach(() => host?.stop());

    test.skipIf(missing)(
      `a listing that stops anywhere is never taken for what runs${missing ? ` (needs ${missing})` : ""}`,
      async () => {
        const driver = driverOver(session);
        await driver.restore(target.emit({ firewall: "fw1", conduits: [conduitRules("enforce")] }));
        const whole = await driver.read();
        expect(whole.conduits).toHaveLength(1);
        const taken: number[] = [];
        for (let cut = 1; cut < 20; cut += 1) {
          const seen = await driverOver(cutting(session, cut / 20))
            .read()
            .catch(() => undefined);
          if (seen?.ownHash === whole.ownHash) taken.push(cut);
        }
        expect(taken).toEqual([]);
      },
    );

    test.skipIf(missing)(
      `a host that is slow with every answer is driven all the same${missing ? ` (needs ${missing})` : ""}`,
      async () => {
        const slow: Session = {
          ...session,
          run: async (argv, options) => {
            await new Promise((resolve) => setTimeout(resolve, 300));
            return session.run(argv, options);
          },
        };
        const driver = driverOver(slow);
        const trial = order(conduitRules("enforce"), 20);
        expect(await driver.lock(trial.holder, 60)).toBeUndefined();
        await driver.guard!(trial);
        await driver.load(trial.rules);
        await driver.arm(trial);
        expect(await driver.renew(trial)).toBe("held");
        await driver.disarm(trial.holder);
        expect((await driver.read()).conduits).toEqual([]);
      },
    );
  },
);
