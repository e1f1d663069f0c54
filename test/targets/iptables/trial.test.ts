import { type ChildProcess, spawn } from "node:child_process";
import { renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { PermitRules, Stage } from "../../../src/compile/ir.ts";
import { parseRange } from "../../../src/net/address.ts";
import type { ConduitCounters, Driver } from "../../../src/target.ts";
import { iptables } from "../../../targets/iptables/target.ts";
import type { FirewallHost } from "../../support/firewall-host.ts";
import { missingForIptables, startIptablesHost } from "../../support/iptables-host.ts";
import { localSession } from "../../support/local-session.ts";
import { missingForNft } from "../../support/real-nft.ts";
import { conduitRules, tcpPermit } from "../../support/rules.ts";
import { order, sleep } from "../driver-contract.ts";

/** What real packets meet while a trial runs, and what is left when a step fails half way. */
const missing = missingForIptables ?? missingForNft;

const udp = (permit: string, port: number, source: string, destination: string): PermitRules => ({
  ...tcpPermit(permit, source, destination),
  boxes: [
    {
      source: parseRange(source),
      destination: parseRange(destination),
      service: { kind: "ports", protocol: 17, from: port, to: port },
    },
  ],
});
const rules = (stage: Stage) => {
  const [first, second] = [
    udp("poll", 502, "10.20.1.10", "10.10.1.10"),
    udp("poll", 502, "fd00:20::10", "fd00:10::10"),
  ];
  return conduitRules(stage, [{ ...first, boxes: [...first.boxes, ...second.boxes] }]);
};

/** Ends of the two cables of a router, in namespaces that live as long as their processes. */
function plant(host: FirewallHost): { received(): Promise<Record<string, number>>; stop(): void } {
  const ends: ChildProcess[] = [];
  const namespace = (): number => {
    const holder = spawn("unshare", ["--net", "sleep", "infinity"], { stdio: "ignore" });
    ends.push(holder);
    host.run(
      `until [ "$(readlink /proc/${holder.pid}/ns/net)" != "$(readlink /proc/1/ns/net)" ]; do sleep 0.02; done`,
    );
    return holder.pid!;
  };
  const cable = (pid: number, device: string, net: string): string => `
    ip link add ${device} type veth peer name far netns ${pid}
    ip addr add 10.${net}.1.1/24 dev ${device}; ip -6 addr add fd00:${net}::1/64 dev ${device} nodad; ip link set ${device} up
    nsenter -t ${pid} -n sh -c 'ip addr add 10.${net}.1.10/24 dev far; ip -6 addr add fd00:${net}::10/64 dev far nodad
      ip link set far up; ip link set lo up; ip route add default via 10.${net}.1.1; ip -6 route add default via fd00:${net}::1'`;
  const [client, server] = [namespace(), namespace()];
  host.run(
    `set -e; mount -t proc none /proc; sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
    ${cable(client, "left", "20")}
    ${cable(server, "right", "10")}
    nsenter -t ${server} -n nft 'add table inet seen; add chain inet seen in { type filter hook input priority 0; }
      add rule inet seen in meta nfproto ipv4 udp dport 502 counter comment "permitted4"
      add rule inet seen in meta nfproto ipv6 udp dport 502 counter comment "permitted6"
      add rule inet seen in meta nfproto ipv4 udp dport 9999 counter comment "forbidden4"
      add rule inet seen in meta nfproto ipv6 udp dport 9999 counter comment "forbidden6"'`.replaceAll(
      "\n",
      "\n",
    ),
  );
  const talk =
    "for number in $(seq 100000); do for end in 10.10.1.10 fd00:10::10; do for port in 502 9999; do" +
    ' echo "$number" > /dev/udp/$end/$port; done; done; sleep 0.01; done 2> /dev/null';
  ends.push(spawn("nsenter", ["-t", String(client), "-n", "bash", "-c", talk], { stdio: "ignore" }));
  return {
    received: async () => {
      const listing = host.run(`nsenter -t ${server} -n nft list table inet seen`);
      return Object.fromEntries(
        [...listing.matchAll(/packets (\d+) bytes \d+ comment "(\w+)"/g)].map(([, packets, name]) => [
          name!,
          Number(packets),
        ]),
      );
    },
    stop: () => {
      for (const end of ends) end.kill();
    },
  };
}

describe.skipIf(missing)(missing ? `(skipped: needs ${missing})` : "a trial on iptables", () => {
  let host: FirewallHost;
  let driver: Driver;
  const start = (variant: "legacy" | "nft", without: readonly string[] = []): void => {
    host = startIptablesHost(variant, without);
    driver = iptables.driver(localSession(host.prefix), host.paths);
  };
  const begin = async (lease: number): Promise<ReturnType<typeof order>> => {
    const trial = order(rules("enforce"), lease);
    await driver.lock(trial.holder, 60);
    await driver.guard?.(trial);
    await driver.load(trial.rules);
    await driver.arm(trial);
    return trial;
  };
  /** Counters as soon as so many requests were counted, and the forbidden packets behind them were met too. */
  const countersAfter = async (requests: number): Promise<ConduitCounters> => {
    for (;;) {
      const counters = await driver.counters("dmz-cell1");
      if ((counters.permits[0]?.requests ?? 0) >= requests + 2) return counters;
      await sleep(50);
    }
  };
  const text = (stage: Stage): string => iptables.emit({ firewall: "fw1", conduits: [rules(stage)] });
  afterEach(() => host.stop());

  describe.each(["legacy", "nft"] as const)("iptables-%s, with real packets", (variant) => {
    let line: ReturnType<typeof plant>;
    beforeEach(async () => {
      start(variant);
      line = plant(host);
      // IPv6 takes a moment to learn its neighbours.
      while (!Object.values(await line.received()).every((packets) => packets > 0)) await sleep(50);
    });
    afterEach(() => line.stop());

    /** What came through in a stretch of time. */
    const passing = async (ms: number): Promise<Record<string, number>> => {
      const before = await line.received();
      await sleep(ms);
      const after = await line.received();
      return Object.fromEntries(
        Object.entries(after).map(([name, packets]) => [name, packets - before[name]!]),
      );
    };
    const open = { permitted4: true, permitted6: true, forbidden4: true, forbidden6: true };
    const closed = { ...open, forbidden4: false, forbidden6: false };
    const seen = (packets: Record<string, number>) =>
      Object.fromEntries(Object.entries(packets).map(([name, count]) => [name, count > 0]));

    test("enforces while it is renewed, lets go by itself in both families, and stays once confirmed", async () => {
      await driver.restore(text("monitor"));
      expect(seen(await passing(300))).toEqual(open);
      const monitored = (await driver.read()).text;
      const trial = await begin(3);
      const armed = await line.received();
      for (let round = 0; round < 30; round += 1) {
        await sleep(100);
        expect(await driver.renew(trial)).toBe("held");
      }
      const renewed = await line.received();
      expect(renewed.forbidden4! - armed.forbidden4!).toBe(0);
      expect(renewed.forbidden6! - armed.forbidden6!).toBe(0);
      expect(renewed.permitted4! - armed.permitted4!).toBeGreaterThan(20);
      expect(renewed.permitted6! - armed.permitted6!).toBeGreaterThan(20);
      await sleep(3_200);
      expect(seen(await passing(300))).toEqual(open);
      expect(await driver.renew(trial)).toBe("expired");
      // Its rules are still loaded; what is planned next starts from what the host does.
      expect((await driver.read()).text).toBe(monitored);
      expect(seen(await passing(300))).toEqual(open);
      await driver.disarm(trial.holder);
      const again = await begin(30);
      expect(await driver.confirm(again)).toBe("confirmed");
      expect(seen(await passing(300))).toEqual(closed);
      await driver.restore(undefined);
      expect(seen(await passing(300))).toEqual(open);
    }, 30_000);

    test("counts requests per permit, and names what no permit admits", async () => {
      await driver.restore(text("monitor"));
      const { permits, recorded, recordFull } = await countersAfter(20);
      expect(permits).toEqual([{ permit: "poll", requests: expect.any(Number), replies: 0 }]);
      const forbidden = { source: "10.20.1.10", destination: "10.10.1.10", protocol: 17, port: 9999 };
      const counts = { packets: expect.any(Number), replies: 0 };
      expect(recorded).toContainEqual({ family: 4, ...forbidden, ...counts });
      expect(recorded).toContainEqual({
        ...{ family: 6, source: "fd00:20::10", destination: "fd00:10::10", protocol: 17, port: 9999 },
        ...counts,
      });
      expect(recorded.find(({ family }) => family === 4)!.packets).toBeGreaterThan(10);
      expect(recordFull).toBe(false);
      const trial = await begin(30);
      const during = await countersAfter(1);
      expect(during.recorded).toHaveLength(2);
      expect(during.permits[0]!.requests).toBeLessThan(permits[0]!.requests);
      await driver.disarm(trial.holder);
      expect((await driver.counters("dmz-cell1")).permits[0]!.requests).toBeGreaterThanOrEqual(
        permits[0]!.requests,
      );
    }, 30_000);
  });

  test("without ipset the record is counted, and told to be incomplete as soon as there is something in it", async () => {
    start("nft", ["ipset"]);
    const line = plant(host);
    expect((await driver.facts()).version).toMatch(/without ipset/);
    await driver.restore(text("monitor"));
    const { recorded, recordFull } = await countersAfter(10);
    expect({ recorded, recordFull }).toEqual({ recorded: [], recordFull: true });
    line.stop();
  }, 30_000);

  describe("when the second family is refused", () => {
    const real = (): string => join(host.folder, "bin/ip6tables-real");
    beforeEach(() => {
      start("legacy");
      const tool = join(host.folder, "bin/ip6tables-restore");
      renameSync(tool, real());
      const script = `#!/bin/bash\ncase "$*" in *--test*) ;; *) if [ -e ${host.folder}/break ]; then echo "no room" >&2; exit 1; fi ;; esac\nexec -a ip6tables-restore ${real()} "$@"\n`;
      writeFileSync(tool, script, { mode: 0o755, flag: "wx" });
    });
    const breakIt = (): void => writeFileSync(join(host.folder, "break"), "");
    const mendIt = (): void => rmSync(join(host.folder, "break"));
    const saved = (): string => host.run("iptables-save -t filter | grep -v '^#' | sed 's/ \\[.*//'");

    test("a confirm puts IPv4 back, and the trial runs on until it is confirmed or ends", async () => {
      await driver.restore(text("monitor"));
      const trial = await begin(30);
      const before = saved();
      breakIt();
      await expect(driver.confirm(trial)).rejects.toThrow(
        /no room\s+IPv6 was refused, and IPv4 is as it was/,
      );
      expect(saved()).toBe(before);
      expect(await driver.renew(trial)).toBe("held");
      expect((await driver.read()).conduits.map(({ stage, trial: on }) => [stage, on !== undefined])).toEqual(
        [
          ["enforce", true],
          ["monitor", false],
        ],
      );
      mendIt();
      expect(await driver.confirm(trial)).toBe("confirmed");
    }, 30_000);

    test("a first restore takes IPv4 away again, and a trial does not start", async () => {
      const before = saved();
      breakIt();
      await expect(driver.restore(text("enforce"))).rejects.toThrow(/IPv4 is as it was/);
      expect(saved()).toBe(before);
      mendIt();
      const trial = order(rules("enforce"), 30);
      await driver.lock(trial.holder, 60);
      await driver.guard?.(trial);
      await driver.load(trial.rules);
      breakIt();
      await expect(driver.arm(trial)).rejects.toThrow(/IPv4 is as it was/);
      expect((await driver.read()).conduits).toEqual([]);
      expect(await driver.renew(trial)).toBe("expired");
    }, 30_000);
  });

  test("two conduits whose long names hash alike are refused before anything is loaded", async () => {
    start("nft");
    await driver.restore(text("monitor").replaceAll('"dmz-cell1 ', '"other-conduit '));
    await expect(driver.load(rules("enforce"))).rejects.toThrow(
      /names of those of other-conduit: rename one/,
    );
  });

  test("a jump that is not the first rule any more is a change, and the next step mends it", async () => {
    start("legacy");
    await driver.restore(text("enforce"));
    const before = await driver.read();
    host.run("iptables -I FORWARD -m conntrack --ctstate ESTABLISHED -j ACCEPT");
    expect((await driver.read()).ownHash).not.toBe(before.ownHash);
    await driver.restore(text("enforce"));
    expect((await driver.read()).ownHash).toBe(before.ownHash);
  });
});
