import { existsSync } from "node:fs";
import { afterEach, describe, expect, test } from "vitest";
import type { DriverPaths, Target } from "../../src/target.ts";
import { iptables } from "../../targets/iptables/target.ts";
import { nftables } from "../../targets/nftables/target.ts";
import { localSession } from "../support/local-session.ts";
import { conduitRules } from "../support/rules.ts";
import { missingForSystemd, type SystemdHost, startSystemdHost } from "../support/systemd-host.ts";

/** What a distribution ships to load rules at boot, run by a real systemd; only what it reads is the test's own. */
interface Boot {
  readonly name: string;
  readonly target: Target;
  readonly unit: string;
  /** Lays the host's own files over those of this machine, in its namespaces. $disk is the host's disk. */
  readonly mount: string;
  readonly paths: DriverPaths | undefined;
}
const boots: readonly Boot[] = [
  {
    name: "nftables.service",
    target: nftables,
    unit: "/lib/systemd/system/nftables.service",
    mount: "touch /etc/nftables.conf; mount --bind $disk/nftables.conf /etc/nftables.conf",
    paths: undefined,
  },
  {
    name: "netfilter-persistent.service",
    target: iptables,
    unit: "/lib/systemd/system/netfilter-persistent.service",
    mount: `mkdir -p $disk/plugins.d $disk/iptables /etc/iptables
      cp -n /usr/share/netfilter-persistent/plugins.d/* $disk/plugins.d/
      mount --bind $disk/plugins.d /usr/share/netfilter-persistent/plugins.d
      for v in 4 6; do printf '*filter\\n:FORWARD ACCEPT [0:0]\\n-A FORWARD -m conntrack --ctstate ESTABLISHED -j ACCEPT\\nCOMMIT\\n' > $disk/iptables/rules.v$v; done
      mount --bind $disk/iptables /etc/iptables`,
    paths: {
      bootFile: "/usr/share/netfilter-persistent/plugins.d/90-sluice",
      bootEntry: "/usr/sbin/netfilter-persistent",
    },
  },
];

describe.each(boots)("what $name loads at boot", ({ target, unit, mount, paths, name }) => {
  const missing = missingForSystemd ?? (existsSync(unit) ? undefined : unit);
  let host: SystemdHost | undefined;
  afterEach(() => host?.stop());
  const boot = (disk?: string) => {
    host = startSystemdHost(disk);
    host.run(`set -e\ndisk=${host.folder}\n${mount}\ncp ${unit} /run/units/; systemctl daemon-reload`);
    return target.driver(localSession(host.prefix), paths ?? host.paths);
  };

  test.skipIf(missing)(
    `is what was persisted before the power was cut${missing ? ` (needs ${missing})` : ""}`,
    async () => {
      const text = target.emit({ firewall: "fw1", conduits: [conduitRules("enforce")] });
      const before = boot();
      const enable =
        "mkdir -p /run/units/x.target.wants; ln -s ../$1 /run/units/x.target.wants/; systemctl daemon-reload";
      const obstacles = (await before.facts()).obstacles;
      if (paths) expect(obstacles).toEqual([expect.stringContaining(`systemctl enable ${name}`)]);
      host!.run(`set -- ${name}; ${enable}`);
      expect((await before.facts()).obstacles).toEqual([]);
      await before.restore(text);
      await before.writeBoot(text);
      const { ownHash } = await before.read();
      host!.powerCut();
      const after = boot(host!.folder);
      expect((await after.read()).conduits).toEqual([]);
      host!.run(`systemctl start ${name}`);
      expect((await after.read()).conduits.map(({ conduit, stage }) => [conduit, stage])).toEqual([
        ["dmz-cell1", "enforce"],
      ]);
      expect((await after.read()).ownHash).toBe(ownHash);
    },
    30_000,
  );
});
