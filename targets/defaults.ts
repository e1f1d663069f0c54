/** Where each kind of firewall loads its rules from at boot, unless the site file says otherwise. */
export const targetDefaults = {
  nftables: { bootFile: "/etc/nftables.d/sluice.nft", bootEntry: "/etc/nftables.conf" },
  iptables: {
    bootFile: "/usr/share/netfilter-persistent/plugins.d/90-sluice",
    bootEntry: "/usr/sbin/netfilter-persistent",
  },
  pfsense: { bootFile: "/conf/sluice/boot.pf", bootEntry: "/conf/config.xml" },
} as const;
