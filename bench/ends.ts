import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import type { FirewallHost } from "../test/support/firewall-host.ts";

/** A host behind a firewall, in a namespace of its own. */
export interface End {
  /** Words behind `nsenter` that lead into it. */
  readonly inside: readonly string[];
  readonly holder: ChildProcess;
}

/** Puts hosts behind ports of a firewall, which forwards between them. */
export function attachEnds(
  firewall: FirewallHost,
  ends: readonly { readonly address: string; readonly gateway: string; readonly port: string }[],
): readonly End[] {
  const attached = ends.map(({ address, gateway, port }): End => {
    const holder = spawn("unshare", ["--net", "sleep", "infinity"], { stdio: "ignore" });
    const wait = `until [ "$(readlink /proc/${holder.pid}/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.02; done`;
    execFileSync("sh", ["-c", wait]);
    firewall.run(
      `ip link add ${port} type veth peer name uplink netns ${holder.pid}; ip addr add ${gateway}/24 dev ${port}; ip link set ${port} up`,
    );
    const inside = ["--target", String(holder.pid), "--net"];
    const setup = `ip addr add ${address}/24 dev uplink; ip link set uplink up; ip route add default via ${gateway}`;
    execFileSync("nsenter", [...inside, "sh", "-c", setup]);
    return { holder, inside };
  });
  firewall.run("echo 1 > /proc/sys/net/ipv4/ip_forward");
  return attached;
}
