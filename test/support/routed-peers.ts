import { type ChildProcess, type ChildProcessByStdio, spawn } from "node:child_process";
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
  const namespace = (): number => {
    const holder = spawn("unshare", ["--net", "sleep", "infinity"], { stdio: "ignore" });
    started.push(holder);
    host.run(
      `until [ "$(readlink /proc/${holder.pid}/ns/net)" != "$(readlink /proc/1/ns/net)" ]; do sleep 0.02; done`,
    );
    return holder.pid!;
  };
  const cable = (pid: number, device: string, net: string): string => `
    ip link add ${device} type veth peer name far netns ${pid}
    ip addr add 10.${net}.1.1/24 dev ${device}; ip -6 addr add fd00:${net}::1/64 dev ${device} nodad; ip link set ${device} up
    nsenter -t ${pid} -n sh -c 'ip addr add 10.${net}.1.10/24 dev far; ip -6 addr add fd00:${net}::10/64 dev far nodad
      ip link set far up; ip route add default via 10.${net}.1.1; ip -6 route add default via fd00:${net}::1'`;
  const [client, server] = [namespace(), namespace()];
  host.run(
    `set -e; mount -t proc none /proc; sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
    ${cable(client, "left", "20")}
    ${cable(server, "right", "10")}`,
  );
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
  const asking = run(client, "ask", family === 4 ? "10.10.1.10" : "fd00:10::10");
  const answers = createInterface(asking.stdout);
  const order = (line: string): Promise<string> =>
    new Promise((resolve) => {
      answers.once("line", resolve);
      asking.stdin.write(`${line}\n`);
    });
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
