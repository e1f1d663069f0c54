import type { CommandResult } from "../src/session.ts";

/**
 * The filter of a Linux bridge sees its packets only where br_netfilter hands them over: by default not at all where
 * the module is not loaded, and frames with a VLAN tag never.
 */
const settings = [
  "bridge-nf-call-iptables",
  "bridge-nf-call-ip6tables",
  "bridge-nf-filter-vlan-tagged",
] as const;

/** Prints one setting a line, and fails where br_netfilter is not loaded. */
export const bridgeSettings: readonly string[] = [
  "cat",
  ...settings.map((name) => `/proc/sys/net/bridge/${name}`),
];

/** What keeps packets of a bridge away from the rules, from what `bridgeSettings` answered. */
export function bridgeObstacles({ code, stdout }: Pick<CommandResult, "code" | "stdout">): readonly string[] {
  if (code !== 0) {
    return [
      "bridged packets pass by the rules, br_netfilter is not loaded: modprobe br_netfilter, and name it in " +
        "/etc/modules-load.d/br_netfilter.conf",
    ];
  }
  const values = stdout.trim().split("\n");
  return settings
    .filter((_, index) => values[index] !== "1")
    .map(
      (name) =>
        `bridged packets pass by the rules, net.bridge.${name} is off: set it to 1 in /etc/sysctl.d, and sysctl --system`,
    );
}
