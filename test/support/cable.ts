import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { FirewallHost } from "./firewall-host.ts";
import { namespace } from "./routed-peers.ts";
import { type Sshd, startSshd } from "./sshd.ts";

/** A real sshd on a host of its own, at the end of a cable. */
export interface Cabled {
  /** On this machine's loopback; what is sent there goes over the cable. */
  readonly port: number;
  readonly sshd: Sshd;
  /** Packets vanish, in both directions, and nobody is told. */
  pull(): void;
  plug(): void;
  stop(): void;
}

const [near, far] = ["10.99.0.1", "10.99.0.2"];

/** Lays a cable between this machine and a host, and starts an sshd at its end. The host must have /proc of its own. */
export async function cableTo(host: FirewallHost): Promise<Cabled> {
  const started: ChildProcess[] = [];
  const office = namespace(started);
  host.run(`mkdir -p /run/sshd
    ip link add mgmt type veth peer name far netns ${office}
    ip addr add ${far}/30 dev mgmt; ip link set mgmt up
    nsenter -t ${office} -n sh -ec 'ip addr add ${near}/30 dev far; ip link set far up'`);
  const sshd = await startSshd([], host.prefix, far);
  const relay = spawn(
    "python3",
    [join(import.meta.dirname, "wire.py"), String(office), far, String(sshd.port)],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  started.push(relay);
  const [port] = (await once(createInterface(relay.stdout), "line")) as [string];
  return {
    port: Number(port),
    sshd,
    pull: () => void host.run("ip link set mgmt down"),
    plug: () => void host.run("ip link set mgmt up"),
    stop() {
      sshd.stop();
      for (const child of started) child.kill();
    },
  };
}
