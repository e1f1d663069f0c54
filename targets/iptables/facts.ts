import type { CommandResult } from "../../src/session.ts";
import type { DriverPaths, HostFacts } from "../../src/target.ts";
import { bootOrderCautions, bootOrderScript, bootOrderWords } from "../linux-boot-order.ts";
import { bridgeObstacles, bridgeSettings } from "../linux-bridge.ts";
import { type Guard, noGuard } from "../linux-guard/guard.ts";
import { conntrackObstacles, conntrackSettings } from "../linux-readings.ts";
import { bootScript } from "./boot.ts";
import { emit } from "./emit.ts";
import { folderOf } from "./files.ts";
import { type Host, inNamespace, readSnapshot } from "./host.ts";
import { families } from "./names.ts";
import {
  flowtableScript,
  otherVariantScript,
  probeScript,
  rehearseScript,
  toolsScript,
  withNamespacesScript,
} from "./scripts.ts";

/** Kernel, versions, and everything for which no change may be made on this host. */
export async function readFacts(host: Host, paths: DriverPaths, guard: Guard): Promise<HostFacts> {
  const kernel = (await host.output("name its kernel", "uname -r")).trim();
  const version = await host.try("iptables-restore --version");
  if (version.code !== 0) {
    return {
      kernel,
      version: "",
      deadMen: [],
      obstacles: ["iptables is not installed: install the package iptables"],
    };
  }
  const named = version.stdout.trim().replace(/^\S+ v/, "");
  const missing = (await host.try(toolsScript)).stdout.trim();
  if (missing !== "") {
    const obstacle = `these commands are missing: ${missing}: install bash, iptables and util-linux, and log in as root`;
    return { kernel, version: named, deadMen: [], obstacles: [obstacle] };
  }
  const saved = await host.try("iptables-save && ip6tables-save");
  if (saved.code !== 0) {
    const obstacle = `the rules may not be read (${saved.stderr.trim()}): log in as root, or with CAP_NET_ADMIN`;
    return { kernel, version: named, deadMen: [], obstacles: [obstacle] };
  }
  if (saved.stdout.includes("is incompatible, use 'nft' tool")) {
    const obstacle =
      "nft changed tables that iptables works on, and iptables cannot read them any more: use the target nftables";
    return { kernel, version: named, deadMen: [], obstacles: [obstacle] };
  }
  const record = (await host.hasSets())
    ? "ipset"
    : "without ipset: what no permit admits is counted, not named";
  const second = await guard.executor();
  const order = await host.try(bootOrderScript, bootOrderWords(paths.bootEntry));
  return {
    kernel,
    version: `${named}, ${record}`,
    deadMen: second === undefined ? ["kernel"] : ["kernel", second],
    cautions: bootOrderCautions(order),
    obstacles: [
      ...(second === undefined ? [noGuard] : []),
      ...(await probe(host)),
      ...(await otherVariant(host)),
      ...(await flowtables(host)),
      ...conntrackObstacles((await host.try(conntrackSettings)).stdout, paths),
      ...(paths.transparent ? bridgeObstacles(await host.try(bridgeSettings.join(" "))) : []),
      ...(await bootObstacles(host, paths)),
    ],
  };
}

async function probe(host: Host): Promise<readonly string[]> {
  const result = await host.try(inNamespace, [probeScript]);
  if (result.code === 0) return [];
  return [
    `a trial cannot be held or rehearsed (${result.stderr.trim()}): log in as root on a host with the kernel modules ` +
      "xt_recent, xt_conntrack, xt_comment, xt_multiport and xt_iprange for IPv4 and IPv6",
  ];
}

/** Two sets of tables live side by side (iptables-legacy, iptables-nft); ours in both would judge a packet twice. */
async function otherVariant(host: Host): Promise<readonly string[]> {
  const found = (await host.try(otherVariantScript)).stdout.trim().split(/\s+/).join(" and ");
  return found === ""
    ? []
    : [
        `chains SLUICE… stand in ${found} of the other variant (legacy, nft) too, where this host's own iptables does ` +
          "not see them: remove them there, or make that one the host's (update-alternatives --config iptables)",
      ];
}

/** Packets of an offloaded flow bypass the forward hook (nft(8), FLOWTABLES), so a verdict would not reach them. */
async function flowtables(host: Host): Promise<readonly string[]> {
  const found = (await host.try(flowtableScript)).stdout.trim();
  return found === ""
    ? []
    : [`the flowtable ${found} lets packets bypass the filter: remove it, and what fills it`];
}

/** Everything that keeps our boot file from being loaded at boot, at once: whoever mends it goes there once. */
async function bootObstacles(host: Host, paths: DriverPaths): Promise<readonly string[]> {
  const { bootFile, bootEntry } = paths;
  const folder = folderOf(bootFile);
  const hasEntry = (await host.try('test -x "$1"', [bootEntry])).code === 0;
  const hasFolder = (await host.try('test -d "$1"', [folder])).code === 0;
  const service = bootEntry.slice(bootEntry.lastIndexOf("/") + 1);
  const enabled = await host.try('systemctl is-enabled "$1.service"', [service]);
  return [
    ...(hasEntry
      ? []
      : [
          `nothing loads rules at boot, ${bootEntry} is not there: install the package iptables-persistent, or name the ` +
            "program that does as boot-entry in site.yaml",
        ]),
    ...(hasFolder ? [] : [`the folder ${folder} of the boot file does not exist: mkdir -p ${folder}`]),
    ...(hasEntry && hasFolder ? await loadingObstacles(host, paths) : []),
    ...(enabled.stdout.trim() === "disabled"
      ? [`nothing runs ${bootEntry} at boot: systemctl enable ${service}.service`]
      : []),
  ];
}

/** Whether our boot file is really loaded at boot: proved by running the boot entry, not by reading configuration. */
async function loadingObstacles(host: Host, paths: DriverPaths): Promise<readonly string[]> {
  const { bootFile, bootEntry } = paths;
  const alone = await rehearse(host, paths, "absent");
  if (alone.code !== 0) {
    return [`the boot entry ${bootEntry} fails: ${(alone.stderr || alone.stdout).trim()}`];
  }
  if (families.some((family) => readSnapshot(alone.stdout).listing.families[family].chains.size > 0)) {
    return [
      "the rules that the host saved for itself hold chains SLUICE…, and would bring them back at boot: take the lines " +
        'with SLUICE out of its files (with netfilter-persistent: sed -i "/SLUICE/d" /etc/iptables/rules.v[46])',
    ];
  }
  const file = bootScript(emit({ firewall: "rehearsal", conduits: [] }));
  const { listing } = readSnapshot((await rehearse(host, paths, "candidate", file)).stdout);
  if (families.some((family) => listing.families[family].jumps[0] !== 1)) {
    return [
      `${bootEntry} does not run ${bootFile}, or not behind the rules that it loads itself: have it run "${bootFile} start" last`,
    ];
  }
  return [];
}

/** Runs the boot entry where it cannot touch a packet. */
export const rehearse = (
  host: Host,
  { bootFile, bootEntry }: DriverPaths,
  mode: "candidate" | "absent" | "as it is",
  file?: string,
): Promise<CommandResult> =>
  host.try(withNamespacesScript, [rehearseScript, bootFile, bootEntry, mode], file);
