import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Where the firewall sees its own disk, so that nothing else that it mounts can hide it. */
export const disk = "/mnt";

/** What differs between firewalls that filter with different tools. */
export interface FirewallKind {
  /** Commands that it needs beside those of every lab, and the Debian package of each. */
  readonly commands: Readonly<Record<string, string>>;
  /** Shell that tries in namespaces of its own what this firewall asks of the kernel. */
  readonly probe: string;
  /** Lays out its part of a disk that Sluice has never touched. */
  readonly layOut: (folder: string) => void;
  /** Shell: brings its files to the usual places and loads its own rules, which were there before Sluice. */
  readonly boot: string;
}

/** The host's own rules let every open connection through. */
const nftRules = `#!/usr/sbin/nft -f
flush ruleset
table inet host {
  chain forward {
    type filter hook forward priority filter; policy accept;
    ct state established,related accept
    ct state invalid counter
  }
}
include "/etc/nftables.d/*.nft"
`;
const iptablesRules = `*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A FORWARD -m conntrack --ctstate INVALID
COMMIT
`;

/** Where Debian's netfilter-persistent looks for what it runs at boot. */
const plugins = "/usr/share/netfilter-persistent/plugins.d";
/** A gate of `-m recent` whose list may be written, which the kernel grants to its own root alone. */
const gate = `ip link set dev lo up
iptables -A OUTPUT -m recent --rcheck --seconds 1 --name SLUICE-PROBE --mask 0.0.0.0 --rsource -j DROP
echo +0.0.0.0 > /proc/net/xt_recent/SLUICE-PROBE`;

const kinds = {
  nftables: {
    commands: { nft: "nftables" },
    probe: "nft add table inet a",
    layOut(folder) {
      mkdirSync(join(folder, "nftables.d"));
      writeFileSync(join(folder, "nftables.conf"), nftRules);
    },
    boot: `rm -f /etc/nftables.conf /etc/nftables.d
ln -s ${disk}/nftables.conf ${disk}/nftables.d /etc/
nft -f /etc/nftables.conf`,
  },
  iptables: {
    commands: { iptables: "iptables", flock: "util-linux", "netfilter-persistent": "iptables-persistent" },
    probe: gate,
    layOut(folder) {
      mkdirSync(join(folder, "iptables"));
      for (const version of ["4", "6"])
        writeFileSync(join(folder, "iptables", `rules.v${version}`), iptablesRules);
      // This machine may itself be a firewall of Sluice's.
      const isOwn = (file: string): boolean => file.endsWith("-sluice");
      cpSync(plugins, join(folder, "plugins.d"), { recursive: true, filter: (file) => !isOwn(file) });
    },
    boot: `rm -f /etc/iptables
ln -s ${disk}/iptables /etc/
mount --bind ${disk}/plugins.d ${plugins}
netfilter-persistent start > /dev/null 2>&1`,
  },
} as const satisfies Readonly<Record<string, FirewallKind>>;

/** What the lab's firewall may be, by the name of its target. */
export type FirewallTarget = keyof typeof kinds;
export const firewallKinds: Readonly<Record<FirewallTarget, FirewallKind>> = kinds;
export const firewallTargets = Object.keys(kinds) as readonly FirewallTarget[];
