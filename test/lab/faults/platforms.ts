import { createHash } from "node:crypto";
import { rulesetHash } from "../../../src/lab/demo/ruleset-hash.ts";
import type { FirewallTarget } from "../../../src/lab/firewall-kind.ts";
import { readClock } from "../../../targets/iptables/recent.ts";
import type { Lab } from "../lab-fixture.ts";
import type { Breakpoint } from "./breakpoint.ts";
import { conduit, lease } from "./site.ts";

/** What a firewall's console shows and takes, without Sluice. */
export interface Platform {
  readonly target: FirewallTarget;
  /** Commands that can be held up. */
  readonly wrapped: readonly string[];
  /** Where the steps of a change can be held up, by the moment's name; not every firewall has each. */
  readonly breakpoints: Readonly<Record<string, Breakpoint>>;
  /** The renewal of a trial's lease. */
  readonly renewal: Breakpoint;
  /** Of all rules but those of a trial that no packet meets. */
  hash(lab: Lab): Promise<string>;
  /** Whether packets meet a trial. */
  trialRuns(lab: Lab): Promise<boolean>;
  /** Shell: somebody lets everything pass in the trial. */
  readonly open: string;
  /** Shell: somebody changes rules that are not ours, and takes that back, whether it is there or not. */
  readonly meddle: string;
  readonly unmeddle: string;
  /** Shell: ends lock and trial, and what is remembered of either. */
  readonly forget: string;
  /** Folders of ours that may be disks of their own. */
  readonly folders: readonly string[];
}

/** The lease of a trial, in its element; the drill has elements too, and none with both. */
const nftLease: Omit<Breakpoint, "when"> = {
  command: "^nft",
  input: `trial4 .*timeout ${lease * 1000}ms comment "plan:`,
};

const nftables: Platform = {
  target: "nftables",
  wrapped: ["nft", "mv"],
  breakpoints: {
    preflight: { when: "before", command: "^nft -c -f -" },
    drill: { when: "before", command: "^nft", input: "192[.]0[.]2[.]1 [.] 198[.]51[.]100[.]1 timeout" },
    loading: { when: "before", command: "^nft", input: "^add chain inet sluice t_" },
    arming: { when: "before", ...nftLease },
    armed: { when: "after", ...nftLease },
    confirming: { when: "before", command: "^nft", input: 'comment "confirmed:' },
    confirmed: { when: "after", command: "^nft", input: 'comment "confirmed:' },
    persisting: { when: "before", command: "^mv .*nftables.d/sluice.nft" },
    reverting: { when: "before", command: "^nft", input: "timeout 60000ms comment" },
  },
  renewal: { when: "before", ...nftLease },
  hash: rulesetHash,
  async trialRuns(lab) {
    const maps = ["trial4", "trial6"].map((name) => `nft list map inet sluice ${name} 2> /dev/null`);
    // The kernel lists no element whose lease has ended.
    return (await lab.console(`${maps.join("; ")}; true`)).includes(" expires ");
  },
  open: "nft flush map inet sluice trial4; nft flush map inet sluice trial6",
  meddle: "nft add table inet foreign",
  unmeddle: "nft delete table inet foreign 2> /dev/null",
  forget:
    "nft flush set inet sluice lock; nft flush map inet sluice trial4; nft flush map inet sluice trial6",
  folders: ["/var/lib/sluice", "/mnt/nftables.d"],
};

const stray = "FORWARD -s 192.0.2.77 -j ACCEPT";
const plugins = "/usr/share/netfilter-persistent/plugins.d";

const iptables: Platform = {
  target: "iptables",
  wrapped: ["iptables", "iptables-restore", "ip6tables-restore", "sed", "mv"],
  breakpoints: {
    preflight: { when: "before", command: "^iptables-restore .*@apart", input: `^-A SLUICE-c-${conduit}` },
    drill: { when: "before", command: "^iptables .*SLUICE-DRILL" },
    loading: { when: "before", command: "^iptables-restore .*@own", input: `^-A SLUICE-t-${conduit}` },
    arming: { when: "before", command: "^iptables-restore .*@own", input: "^-A SLUICE .*--rcheck" },
    confirming: { when: "before", command: "^iptables-restore .*@own", input: `^-A SLUICE-c-${conduit}` },
    confirmed: {
      when: "after",
      command: "^ip6tables-restore --noflush --wait @own",
      input: `^-A SLUICE-c-${conduit}`,
    },
    persisting: { when: "before", command: "^mv .*plugins.d/90-sluice" },
  },
  renewal: { when: "before", command: "^sed .*/proc/net/xt_recent/SLUICE-[0-9a-f]{16} @own" },
  async hash(lab) {
    const printed = await lab.console("iptables-save; ip6tables-save");
    const rules = printed
      .replaceAll(/^#.*\n/gm, "")
      .replaceAll(/ \[\d+:\d+\]$/gm, "")
      .replaceAll(/^(:|-A )SLUICE-(t-|TRIAL|NOTES).*\n/gm, "")
      .replaceAll(/^-A SLUICE .*-g SLUICE-TRIAL\n/gm, "");
    return createHash("sha256").update(rules).digest("hex");
  },
  async trialRuns(lab) {
    const printed = await lab.console(`for list in $(iptables-save -t filter |
  sed -n 's/^-A SLUICE .*--rcheck .*--name \\([^ ]*\\) .*-g SLUICE-TRIAL$/\\1/p'); do
  echo "@list $list"; cat "/proc/net/xt_recent/$list"
done
cut -d ' ' -f 1 /proc/uptime`);
    const uptime = printed.trimEnd().split("\n").at(-1)!;
    const lists = [...printed.matchAll(/^@list (\S+)$/gm)].map(([, list]) => list!);
    return lists.some((list) => readClock(uptime, printed).secondsLeft(list) > 0);
  },
  open: "iptables -F SLUICE-TRIAL; ip6tables -F SLUICE-TRIAL",
  meddle: `iptables -A ${stray}`,
  unmeddle: `iptables -D ${stray} 2> /dev/null`,
  forget: `iptables -F SLUICE-NOTES; for list in /proc/net/xt_recent/SLUICE*; do echo / > "$list"; done`,
  folders: ["/var/lib/sluice", plugins],
};

export const platforms = { nftables, iptables } as const satisfies Readonly<Record<FirewallTarget, Platform>>;
