import { type ChildProcess, spawn } from "node:child_process";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Driver } from "../../src/target.ts";
import { createDriver } from "../../targets/nftables/driver.ts";
import { emit } from "../../targets/nftables/emit.ts";
import { type FirewallHost, missingForFirewall, startFirewallHost } from "../support/firewall-host.ts";
import { localSession } from "../support/local-session.ts";
import { conduitRules } from "../support/rules.ts";

const missing = missingForFirewall;

/** What real packets leave in the record of monitor: who asks, whether anybody answers, what was picked up midway. */
describe.skipIf(missing)(`the record of real packets${missing ? ` (skipped: needs ${missing})` : ""}`, () => {
  let host: FirewallHost;
  let driver: Driver;
  const processes: ChildProcess[] = [];
  let [client, server] = [0, 0];

  const namespace = (): number => {
    const holder = spawn("unshare", ["--net", "sleep", "infinity"], { stdio: "ignore" });
    processes.push(holder);
    host.run(
      `until [ "$(readlink /proc/${holder.pid}/ns/net)" != "$(readlink /proc/1/ns/net)" ]; do sleep 0.02; done`,
    );
    return holder.pid!;
  };
  const cable = (pid: number, device: string, net: string): string => `
    ip link add ${device} type veth peer name far netns ${pid}
    ip addr add 10.${net}.1.1/24 dev ${device}; ip link set ${device} up
    nsenter -t ${pid} -n sh -c 'ip addr add 10.${net}.1.10/24 dev far; ip link set far up; ip route add default via 10.${net}.1.1'`;

  beforeEach(async () => {
    host = startFirewallHost();
    [client, server] = [namespace(), namespace()];
    host.run(
      `set -e; mount -t proc none /proc; sysctl -qw net.ipv4.ip_forward=1
      ${cable(client, "left", "20")}
      ${cable(server, "right", "10")}`,
    );
    driver = createDriver(localSession(host.prefix), host.paths);
    await driver.restore(emit({ firewall: "fw1", conduits: [conduitRules("monitor", [])] }));
  });
  afterEach(() => {
    for (const process of processes.splice(0)) process.kill();
    host.stop();
  });

  const inside = (pid: number, code: string): ChildProcess => {
    const child = spawn("nsenter", ["-t", String(pid), "-n", process.execPath, "-e", code], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    processes.push(child);
    return child;
  };
  /** Resolves when the child has printed this. */
  const says = (child: ChildProcess, word: string): Promise<void> =>
    new Promise((resolve, reject) => {
      child.stdout!.on("data", (chunk: Buffer) => {
        if (chunk.toString().includes(word)) resolve();
      });
      child.on("exit", (code) => reject(new Error(`ended with ${code} before it said ${word}`)));
    });
  const recorded = async (protocol: number) =>
    (await driver.counters("dmz-cell1")).recorded.filter((flow) => flow.protocol === protocol);

  test("a session that opens names who asks, its answers, and the loss is none", async () => {
    const listener = inside(
      server,
      'require("net").createServer((s) => s.pipe(s)).listen(2404, () => console.log("ready"))',
    );
    await says(listener, "ready");
    const asking = inside(
      client,
      'const s = require("net").connect(2404, "10.10.1.10", () => s.write("x")); s.on("data", () => console.log("done"))',
    );
    await says(asking, "done");
    // The last acknowledgement may be delayed.
    const requests = async () => (await recorded(6)).map(({ packets, replies }) => packets - replies!);
    await expect.poll(async () => Math.max(...(await requests())), { timeout: 10_000 }).toBeGreaterThan(2);
    const [session, ...others] = await recorded(6);
    expect(others).toEqual([]);
    expect(session).toMatchObject({
      ...{ source: "10.20.1.10", destination: "10.10.1.10", port: 2404, openings: 1 },
    });
    expect(session!.replies).toBeGreaterThanOrEqual(2);
    expect(session!.packets - session!.replies!).toBeGreaterThanOrEqual(3);
    const { recorded: all, unpermitted, epoch } = await driver.counters("dmz-cell1", "with totals");
    expect(all.reduce((sum, { packets }) => sum + packets, 0)).toBe(unpermitted!.after);
    expect((await driver.counters("dmz-cell1")).epoch).toEqual(epoch);
  }, 30_000);

  test("an attempt that nobody answers, and counters that began anew after a reload", async () => {
    const { epoch } = await driver.counters("dmz-cell1");
    host.run(
      `nsenter -t ${server} -n nft 'add table ip mute; add chain ip mute in { type filter hook input priority 0; policy drop; }'`,
    );
    inside(client, 'require("net").connect(23, "10.10.1.10").on("error", () => undefined)');
    for (let round = 0; round < 100 && (await recorded(6)).length === 0; round += 1)
      await new Promise((done) => setTimeout(done, 50));
    expect((await recorded(6))[0]).toMatchObject({ port: 23, replies: 0 });
    expect((await recorded(6))[0]!.openings).toBeGreaterThanOrEqual(1);
    await driver.restore(emit({ firewall: "fw1", conduits: [conduitRules("monitor", [])] }));
    const anew = (await driver.counters("dmz-cell1")).epoch;
    expect(anew.record).not.toBe(epoch.record);
    expect(anew.rules).not.toBe(epoch.rules);
  }, 30_000);
});
