import { chmodSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import type { Session } from "../../../src/session.ts";
import { iptables } from "../../../targets/iptables/target.ts";
import type { FirewallHost } from "../../support/firewall-host.ts";
import { missingForIptables, startIptablesHost, type Variant } from "../../support/iptables-host.ts";
import { localSession } from "../../support/local-session.ts";
import { missingForNft } from "../../support/real-nft.ts";
import { conduitRules } from "../../support/rules.ts";

const missing = missingForIptables ?? missingForNft;

describe.skipIf(missing)(
  missing ? `(skipped: needs ${missing})` : "what forbids a change on a host with iptables",
  () => {
    let host: FirewallHost;
    const start = (variant: Variant, without: readonly string[] = []): void => {
      host = startIptablesHost(variant, without);
    };
    const facts = () => iptables.driver(localSession(host.prefix), host.paths).facts();
    const obstacle = async (): Promise<string> => {
      const { obstacles } = await facts();
      expect(obstacles).toHaveLength(1);
      return obstacles[0]!;
    };
    afterEach(() => host.stop());

    test("nothing, where all is well; and the variant and the record are told", async () => {
      start("legacy");
      expect(await facts()).toMatchObject({
        version: expect.stringMatching(/^1\.8\.\d+ \(legacy\), ipset$/),
        obstacles: [],
      });
      host.stop();
      start("nft", ["ipset"]);
      const { version, obstacles } = await facts();
      expect(obstacles).toEqual([]);
      expect(version).toMatch(/\(nf_tables\), without ipset: what no permit admits is counted, not named$/);
    });

    test.each([
      ["the type of its sets", 'case "$*" in *hash:ip,port,ip*) exit 1 ;; esac; exec /usr/sbin/ipset "$@"'],
      ["sets that a rule can find", "exit 0"],
    ])("nothing, where ipset is there and the kernel lacks %s; but nobody is named", async (_, ipset) => {
      start("legacy", ["ipset"]);
      writeFileSync(join(host.folder, "bin/ipset"), `#!/bin/sh\n${ipset}\n`);
      const { version, obstacles } = await facts();
      expect(obstacles).toEqual([]);
      expect(version).toMatch(/\(legacy\), without ipset: what no permit admits is counted, not named$/);
    });

    test("no iptables", async () => {
      start("legacy", ["iptables-restore"]);
      expect(await obstacle()).toMatch(/install the package iptables/);
    });

    test("a boot entry that is not there", async () => {
      start("legacy");
      rmSync(host.paths.bootEntry);
      expect(await obstacle()).toMatch(/install the package iptables-persistent, or name the program/);
    });

    test("a boot entry that fails", async () => {
      start("legacy");
      writeFileSync(join(host.folder, "rules.v4"), "rubbish\n");
      writeFileSync(
        host.paths.bootEntry,
        readFileSync(host.paths.bootEntry, "utf8").replace("#!/bin/sh", "#!/bin/sh -e"),
      );
      chmodSync(host.paths.bootEntry, 0o755);
      expect(await obstacle()).toMatch(/the boot entry \S+ fails: .*line/s);
    });

    test("a boot entry that does not run our file", async () => {
      start("nft");
      writeFileSync(host.paths.bootEntry, "#!/bin/sh\nexit 0\n");
      expect(await obstacle()).toMatch(/does not run \S+90-sluice, or not behind the rules .*: have it run/);
    });

    test("a boot entry that restores its own rules behind ours, and so removes them", async () => {
      start("nft");
      const lines = readFileSync(host.paths.bootEntry, "utf8").trimEnd().split("\n");
      writeFileSync(host.paths.bootEntry, `${[lines[0], lines[3], lines[1], lines[2]].join("\n")}\n`);
      expect(await obstacle()).toMatch(/or not behind the rules/);
    });

    test("chains of ours in what the host saved for itself", async () => {
      start("legacy");
      const driver = iptables.driver(localSession(host.prefix), host.paths);
      await driver.restore(iptables.emit({ firewall: "fw1", conduits: [conduitRules("enforce")] }));
      host.run(`iptables-save | grep -v "j SET" > ${host.folder}/rules.v4`);
      expect(await obstacle()).toMatch(/would bring them back at boot: take the lines with SLUICE out/);
      host.run(`sed -i "/SLUICE/d" ${host.folder}/rules.v[46]`);
      expect((await facts()).obstacles).toEqual([]);
    });

    test.each([
      ["legacy", "nft"],
      ["nft", "legacy"],
    ] as const)(
      "chains of ours in the tables of the other variant: %s here, %s there",
      async (own, other) => {
        start(own);
        host.run(`iptables-${other} -N SLUICE`);
        expect(await obstacle()).toMatch(/chains SLUICE… stand in iptables of the other variant/);
      },
    );

    describe("a firewall that is a bridge", () => {
      const settings = "/proc/sys/net/bridge/bridge-nf-call-iptables";
      const onBridge = async (answer: string): Promise<readonly string[]> => {
        const session = localSession(host.prefix);
        const told: Session = {
          ...session,
          run: async (argv, options) =>
            argv.join(" ").includes(settings)
              ? { code: answer === "" ? 1 : 0, stdout: answer, stderr: "" }
              : session.run(argv, options),
        };
        return (await iptables.driver(told, { ...host.paths, transparent: true }).facts()).obstacles;
      };

      test("is told about every setting that keeps its packets from the rules, and how to mend it", async () => {
        start("legacy");
        expect(await onBridge("1\n1\n1\n")).toEqual([]);
        expect(await onBridge("")).toEqual([expect.stringContaining("modprobe br_netfilter")]);
        expect(await onBridge("0\n1\n0\n")).toEqual([
          expect.stringMatching(/net\.bridge\.bridge-nf-call-iptables is off: set it to 1 in/),
          expect.stringMatching(/net\.bridge\.bridge-nf-filter-vlan-tagged is off: set it to 1 in/),
        ]);
      });

      test("is asked about its bridge only where the site file says that it is one", async () => {
        start("legacy");
        const asked: string[] = [];
        const session = localSession(host.prefix);
        const run: Session["run"] = (argv, options) => {
          asked.push(argv.join(" "));
          return session.run(argv, options);
        };
        await iptables.driver({ ...session, run }, host.paths).facts();
        expect(asked.length).toBeGreaterThan(0);
        expect(asked.filter((line) => line.includes(settings))).toEqual([]);
      });
    });

    test("a flowtable, whose packets never meet the filter", async () => {
      start("legacy");
      // Not every kernel has them; this is what nft prints where there is one.
      const listing =
        "table inet other {\\n\\tflowtable fast {\\n\\t\\thook ingress priority filter\\n\\t}\\n}\\n";
      writeFileSync(join(host.folder, "bin/nft"), `#!/bin/sh\nprintf '${listing}'\n`, {
        mode: 0o755,
        flag: "wx",
      });
      expect(await obstacle()).toMatch(/flowtable fast lets packets bypass the filter: remove it/);
    });

    test("a rule of others before ours is seen at boot: the jump is put before it", async () => {
      start("legacy");
      const driver = iptables.driver(localSession(host.prefix), host.paths);
      await driver.writeBoot(iptables.emit({ firewall: "fw1", conduits: [conduitRules("enforce")] }));
      host.run(host.paths.bootEntry.concat(" start"));
      expect(host.run("iptables-save -t filter | grep FORWARD | sed -n 2p")).toBe("-A FORWARD -j SLUICE\n");
      expect((await driver.read()).ownHash).toBe((await driver.rehearseBoot()).ownHash);
      // As netfilter-persistent does when it is told to reload, save or stop.
      host.run(`${host.paths.bootFile} reload && ${host.paths.bootFile} save && ${host.paths.bootFile} stop`);
      expect((await driver.read()).ownHash).toBe((await driver.rehearseBoot()).ownHash);
    });
  },
);
