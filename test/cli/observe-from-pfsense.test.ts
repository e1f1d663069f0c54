import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Baseline } from "../../src/baseline/flow.ts";
import { pfsense } from "../../targets/pfsense/target.ts";
import { sluice } from "../support/command.ts";
import { type FirewallHost, missingForFirewall, startFirewallHost } from "../support/firewall-host.ts";
import { recordSite } from "../support/record-site.ts";
import { conduitRules } from "../support/rules.ts";
import { missingForSshd, type Sshd, startSshdOf } from "../support/sshd.ts";
import {
  missingForPfsense,
  type PfsenseHost,
  startPfsenseHost,
  stubs,
} from "../targets/pfsense/pfsense-host.ts";

const missing = missingForPfsense ?? missingForSshd ?? missingForFirewall;

/** Over a real sshd, on the stand-in for pfSense: its commands lie first in the path, its files where pfSense has them. */
describe.skipIf(missing)(
  missing ? `the record of a pfSense (skipped: needs ${missing})` : "the record of a pfSense, of a stand-in",
  { timeout: 60_000 },
  () => {
    let place: FirewallHost;
    let host: PfsenseHost;
    let sshd: Sshd;
    let folder: string;
    beforeEach(async () => {
      [place, host] = [startFirewallHost(), startPfsenseHost()];
      const environment = ["env", `PF=${host.folder}`, `PHPRC=${host.folder}`];
      sshd = await startSshdOf({ prefix: [...place.prefix, ...environment] });
      place.run(
        `mount --bind ${stubs} /usr/local/sbin && mount -t tmpfs none /var/log && ln -s ${host.folder}/filter.log /var/log/`,
      );
      folder = recordSite("pfsense", host, sshd);
    });
    afterEach(() => {
      sshd.stop();
      host.stop();
      place.stop();
      rmSync(folder, { recursive: true });
    });

    const observed = async () => {
      const words = ["observe", "--from", "fw1", "-o", "baseline/fw1.json", "--identity", sshd.identity];
      const { code, stderr } = await sluice(folder, words, undefined, () => new Date());
      if (code !== 0) throw new Error(stderr);
      const { flows } = JSON.parse(readFileSync(join(folder, "baseline/fw1.json"), "utf8")) as Baseline;
      return { stderr, flows: flows.map(({ initiator, port, packets }) => [initiator, port, packets]) };
    };

    test("log and states become flows, nothing twice; it is UNPROVEN, and what the log lost is not known", async () => {
      const text = pfsense.emit({ firewall: "fw1", conduits: [conduitRules("monitor")] });
      await host.driver.restore(text);
      const tracker = /! tagged .*?\bridentifier (\d+)/.exec(text)?.[1];
      const logged = (source: string): string =>
        `Nov 21 18:00:01 fw filterlog[77]: 88,,,${tracker},em3,match,unkn(8),in,4,0x0,,64,1,0,DF,6,tcp,60,${source},10.10.1.10,40000,102,0,S,1,,64240,,mss\n`;
      host.write("filter.log", logged("10.20.1.77").repeat(2));
      host.write(
        "states",
        "all tcp 10.10.1.10:502 <- 10.20.1.10:40000       ESTABLISHED:ESTABLISHED\n   age 90:00:00, expires in 23:59:01, 9:8 pkts, 900:800 bytes, rule 4\n   id: 02 creatorid: 1c2d3e4f\n",
      );
      const first = await observed();
      expect(first.flows).toEqual([
        ["10.20.1.10", 502, 17],
        ["10.20.1.77", 102, 2],
      ]);
      expect(first.stderr).toMatch(/^note: fw1: UNPROVEN: no real firewall of this kind has been read/);
      expect(first.stderr).toContain(
        "keeps no count beside its record, so what the record lost is not known",
      );
      host.write("filter.log", `${host.file("filter.log")}${logged("10.20.1.77")}${logged("10.20.1.78")}`);
      expect((await observed()).flows).toEqual([
        ["10.20.1.10", 502, 17],
        ["10.20.1.77", 102, 3],
        ["10.20.1.78", 102, 1],
      ]);
      // newsyslog begins a new log: what it begins with is another line.
      host.write("filter.log", logged("10.20.1.79"));
      const rotated = await observed();
      expect(rotated.stderr).toMatch(/dmz-cell1: the counters began anew since/);
      expect(rotated.flows).toHaveLength(4);
    });
  },
);
