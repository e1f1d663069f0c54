import { iptables } from "../../../targets/iptables/target.ts";
import { missingForIptables, startIptablesHost } from "../../support/iptables-host.ts";
import { missingForSshd } from "../../support/sshd.ts";
import { locally, overSshd } from "../../support/wires.ts";
import { driverContract } from "../driver-contract.ts";

const both = (rule: string): string => `iptables ${rule}; ip6tables ${rule}`;
const platform = {
  missing: missingForIptables,
  target: iptables,
  stranger: {
    openTrial: "iptables -I SLUICE-t-dmz-cell1 -j RETURN",
    openConfirmed: "ip6tables -I SLUICE-c-dmz-cell1 -j RETURN",
    removeOurs: both("-F FORWARD").concat(
      "; for tool in iptables ip6tables; do for step in F X; do",
      " $tool-save | sed -n 's/^:\\(SLUICE[^ ]*\\) .*/\\1/p' | while read -r name; do $tool -$step $name; done; done; done",
    ),
    prepare:
      both("-A FORWARD -m mark --mark 7 -j ACCEPT") +
      "; iptables -t nat -A POSTROUTING -s 192.0.2.1 -j MASQUERADE; nft add table ip other; nft 'add set ip other seen { type ipv4_addr; flags timeout; }'",
    count:
      "nft 'add element ip other seen { 192.0.2.1 timeout 1h }'; ip link set lo up; bash -c 'echo x > /dev/udp/127.0.0.1/9'",
    change: "ip6tables -A FORWARD -j DROP",
  },
  leftovers: /SLUICE-(t-|TRIAL)|sluice-t-|10\.20\.1\.10\//,
};

driverContract({
  ...platform,
  name: "the driver of iptables-legacy",
  connect: locally,
  start: () => startIptablesHost("legacy"),
});
driverContract({
  ...platform,
  name: "the driver of iptables-nft, over a real sshd",
  missing: platform.missing ?? missingForSshd,
  connect: overSshd,
  start: () => startIptablesHost("nft"),
});
driverContract({
  ...platform,
  name: "the driver of iptables on a host without ipset",
  connect: locally,
  start: () => startIptablesHost("nft", ["ipset"]),
});
