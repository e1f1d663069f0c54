import { type ChildProcess, type ChildProcessByStdio, execFileSync, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import type { FirewallHost } from "./firewall-host.ts";

/** TCP sessions from 10.20.1.10 to 10.10.1.10 (or the like in IPv6) through a host that routes. See test/kernel/peers.py. */
export interface RoutedPeers {
  /** The number of the new session, or undefined when it did not come about. */
  open(port: 502 | 503 | 9999): Promise<number | undefined>;
  /** Whether a request in the session is answered. */
  ask(session: number): Promise<boolean>;
  /** Whether the server of the session, which talks unasked, is heard. */
  hear(session: number): Promise<boolean>;
  stop(): void;
}

type Peer = ChildProcessByStdio<Writable, Readable, null>;

/** Puts a client and a server on two sides of a host. Its network must be bare, and end with the host. */
export async function routedPeers(host: FirewallHost, family: 4 | 6 = 4): Promise<RoutedPeers> {
  const started: ChildProcess[] = [];
  const [client, server] = [namespace(started), namespace(started)];
  const cable = (pid: number, device: string, net: string): string => `
    ip link add ${device} type veth peer name far netns ${pid}
    ip addr add 10.${net}.1.1/24 dev ${device}; ip -6 addr add fd00:${net}::1/64 dev ${device} nodad; ip link set ${device} up
    nsenter -t ${pid} -n sh -c '${end(net)}'`;
  host.run(`${routing}
    ${cable(client, "left", "20")}
    ${cable(server, "right", "10")}`);
  return talk(started, client, server, family === 4 ? "10.10.1.10" : "fd00:10::10");
}

/** Two hosts beside each other between a client and a server, one of them with the addresses of the gateway. */
export interface PairedPeers extends RoutedPeers {
  /** Moves the gateway's addresses to a host, as a failover does. */
  failover(to: 0 | 1): void;
}

export async function pairedPeers(hosts: readonly [FirewallHost, FirewallHost]): Promise<PairedPeers> {
  const started: ChildProcess[] = [];
  const [hub, client, server] = [namespace(started), namespace(started), namespace(started)];
  const inside = (pid: number, script: string): string =>
    execFileSync("nsenter", ["-t", String(pid), "-n", "sh", "-ec", script], { encoding: "utf8" });
  inside(
    hub,
    `for side in left right; do ip link add $side type bridge; ip link set $side up; done
    ip link add client type veth peer name far netns ${client}; ip link set client master left up
    ip link add server type veth peer name far netns ${server}; ip link set server master right up`,
  );
  inside(client, end("20"));
  inside(server, end("10"));
  for (const [index, host] of hosts.entries()) {
    const port = (side: string, net: string): string => `
      ip link add ${side} type veth peer name ${side}${index} netns ${hub}
      nsenter -t ${hub} -n ip link set ${side}${index} master ${side} up
      ip addr add 10.${net}.1.${index + 2}/24 dev ${side}; ip link set ${side} up`;
    // A member that takes over again remembers the sessions as they were when it lost them: with the windows of TCP
    // checked it would find every packet of theirs invalid. Pairs share their state (conntrackd), or do not check.
    const liberal = "sysctl -qw net.netfilter.nf_conntrack_tcp_be_liberal=1";
    host.run(`${routing}${port("left", "20")}${port("right", "10")}\n${liberal}`);
  }
  const gateway = (host: FirewallHost, verb: "add" | "del"): string =>
    host.run(`ip addr ${verb} 10.20.1.1/24 dev left; ip addr ${verb} 10.10.1.1/24 dev right`);
  gateway(hosts[0], "add");
  return {
    ...(await talk(started, client, server, "10.10.1.10")),
    failover(to) {
      gateway(hosts[1 - to]!, "del");
      gateway(hosts[to], "add");
      for (const pid of [client, server]) inside(pid, "ip neigh flush dev far");
    },
  };
}

const routing =
  "set -e; mount -t proc none /proc; sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1";

const end = (net: string): string =>
  `ip addr add 10.${net}.1.10/24 dev far; ip -6 addr add fd00:${net}::10/64 dev far nodad
  ip link set far up; ip route add default via 10.${net}.1.1; ip -6 route add default via fd00:${net}::1`;

/** A network namespace that lives as long as its process. */
export function namespace(started: ChildProcess[]): number {
  const holder = spawn("unshare", ["--net", "sleep", "infinity"], { stdio: "ignore" });
  started.push(holder);
  execFileSync("sh", [
    "-c",
    `until [ "$(readlink /proc/${holder.pid}/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.02; done`,
  ]);
  return holder.pid!;
}

async function talk(
  started: ChildProcess[],
  client: number,
  server: number,
  address: string,
): Promise<RoutedPeers> {
  const run = (pid: number, ...words: readonly string[]): Peer => {
    const script = join(import.meta.dirname, "..", "kernel", "peers.py");
    const child = spawn("nsenter", ["-t", String(pid), "-n", "python3", script, ...words], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    started.push(child);
    return child;
  };
  const serving = createInterface(run(server, "serve").stdout);
  await new Promise((resolve) => serving.once("line", resolve));
  const asking = run(client, "ask", address);
  const answers = createInterface(asking.stdout);
  // One order at a time, for the answers bear no names; a client that was stopped answers none.
  let last: Promise<unknown> = Promise.resolve();
  asking.stdin.on("error", () => answers.close());
  const order = (line: string): Promise<string> => {
    const answer = last.then(
      () =>
        new Promise<string>((resolve) => {
          const stopped = (): void => resolve("no");
          answers.once("close", stopped);
          answers.once("line", (line) => {
            answers.off("close", stopped);
            resolve(line);
          });
          asking.stdin.write(`${line}\n`);
        }),
    );
    last = answer;
    return answer;
  };
  return {
    async open(port) {
      const answer = await order(`open ${port}`);
      return answer === "no" ? undefined : Number(answer);
    },
    ask: async (session) => (await order(`ask ${session}`)) === "yes",
    hear: async (session) => (await order(`hear ${session}`)) === "yes",
    stop: () => {
      for (const child of started) child.kill();
    },
  };
}
