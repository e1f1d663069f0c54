import type { DriverPaths, HostFacts } from "../../src/target.ts";
import { bootOrderCautions, bootOrderScript, bootOrderWords } from "../linux-boot-order.ts";
import { bridgeObstacles, bridgeSettings } from "../linux-bridge.ts";
import { type Guard, noGuard } from "../linux-guard/guard.ts";
import { conntrackObstacles, conntrackSettings } from "../linux-readings.ts";
import { emit } from "./emit.ts";
import { type Host, script } from "./host.ts";
import { expiringLine, readListing } from "./listing.ts";
import { table } from "./names.ts";
import { dirname } from "./paths.ts";
import { rehearseScript, withNamespacesScript } from "./scripts.ts";

/** Sets with elements of several ranges and comments, as Sluice writes them, were proven from this version on. */
const oldestVersion = [1, 0, 6] as const;

/** Kernel, version, and everything for which no change may be made on this host. */
export async function readFacts(host: Host, paths: DriverPaths, guard: Guard): Promise<HostFacts> {
  const kernel = (await host.output("name its kernel", ["uname", "-r"])).trim();
  const version = await host.try(["nft", "--version"]);
  if (version.code !== 0) {
    return {
      kernel,
      version: "",
      deadMen: [],
      obstacles: ["nft is not installed: install the package nftables"],
    };
  }
  const number = /v(\d+)\.(\d+)\.(\d+)/.exec(version.stdout);
  const named = number ? number[0].slice(1) : version.stdout.trim();
  const listing = await host.try(["nft", "list", "ruleset"]);
  if (listing.code !== 0) {
    const fix = "log in as root, or with the capability CAP_NET_ADMIN";
    return {
      kernel,
      version: named,
      deadMen: [],
      obstacles: [`nft may not read the ruleset (${listing.stderr.trim()}): ${fix}`],
    };
  }
  const second = await guard.executor();
  const order = await host.try(script(bootOrderScript, ...bootOrderWords(paths.bootEntry)));
  return {
    kernel,
    version: named,
    deadMen: second === undefined ? ["kernel"] : ["kernel", second],
    cautions: bootOrderCautions(order),
    obstacles: [
      ...(second === undefined ? [noGuard] : []),
      ...(isTooOld(number) ? [`nft ${named} is too old: install ${oldestVersion.join(".")} or newer`] : []),
      ...flowtables(listing.stdout),
      ...conntrackObstacles((await host.try(script(conntrackSettings))).stdout, paths),
      ...(await namespaces(host)),
      ...(paths.transparent ? bridgeObstacles(await host.try(bridgeSettings)) : []),
      ...(await bootObstacles(host, paths)),
    ],
  };
}

function isTooOld(number: RegExpExecArray | null): boolean {
  const parts = number?.slice(1).map(Number) ?? [];
  const differs = oldestVersion.findIndex((part, index) => part !== parts[index]);
  return differs >= 0 && (parts[differs] ?? 0) < oldestVersion[differs]!;
}

/** Packets of an offloaded flow bypass the forward hook (nft(8), FLOWTABLES), so a verdict would not reach them. */
const flowtables = (listing: string): readonly string[] =>
  readListing(listing).flatMap((one) =>
    one.objects
      .filter((object) => object.kind === "flowtable")
      .map(
        (object) =>
          `the flowtable ${object.name} of table ${one.name} lets packets bypass the filter: remove it, and the rules that fill it`,
      ),
  );

async function namespaces(host: Host): Promise<readonly string[]> {
  const result = await host.try(["unshare", "--net", "--mount", "true"]);
  if (result.code === 0) return [];
  return [
    `changes cannot be rehearsed, unshare fails (${result.stderr.trim()}): install util-linux and log in as root`,
  ];
}

/** Everything that keeps our boot file from being loaded at boot, at once: whoever mends it goes there once. */
async function bootObstacles(host: Host, paths: DriverPaths): Promise<readonly string[]> {
  const folder = dirname(paths.bootFile);
  const hasFolder = (await host.try(["test", "-d", folder])).code === 0;
  const hasEntry = (await host.try(["test", "-r", paths.bootEntry])).code === 0;
  const include = `include "${folder}/*.nft"`;
  return [
    ...(hasFolder
      ? []
      : [
          `the folder ${folder} of the boot file does not exist: mkdir -p ${folder}, and have ${paths.bootEntry} load it, ` +
            `by the line  ${include}`,
        ]),
    ...(hasEntry
      ? []
      : [`the boot entry ${paths.bootEntry} cannot be read: name the right file as boot-entry in site.yaml`]),
    ...(hasFolder && hasEntry ? await loadingObstacles(host, paths, include) : []),
    ...(await serviceObstacles(host, paths)),
  ];
}

/** Whether what stands in our boot file is really loaded at boot: proved by loading, not by reading configuration. */
async function loadingObstacles(host: Host, paths: DriverPaths, include: string): Promise<readonly string[]> {
  const probe = emit({ firewall: "rehearsal", conduits: [] });
  const rehearsal = await host.try(rehearsalWords(paths, "candidate"), probe);
  if (rehearsal.code !== 0) {
    return [`the boot entry ${paths.bootEntry} does not load: ${rehearsal.stderr.trim()}`];
  }
  if (!readListing(rehearsal.stdout).some((one) => one.name === table)) {
    return [`${paths.bootEntry} does not include ${paths.bootFile}: add the line  ${include}`];
  }
  const line = expiringLine((await host.readFile(paths.bootFile)) ?? "");
  return line === undefined
    ? []
    : [
        `line ${line} of ${paths.bootFile} holds an element that ends by itself (expires), so it is a listing and no ` +
          "configuration: its time would begin anew at every boot. Remove the file, or the elements",
      ];
}

async function serviceObstacles(host: Host, paths: DriverPaths): Promise<readonly string[]> {
  // Unit files may lie about where no systemd runs, such as in a container.
  const runs = await host.try(["test", "-d", "/run/systemd/system"]);
  const enabled = await host.try(["systemctl", "is-enabled", "nftables.service"]);
  const isOff = runs.code === 0 && enabled.stdout.trim() === "disabled";
  return isOff && paths.bootEntry === "/etc/nftables.conf"
    ? ["nothing loads /etc/nftables.conf at boot: systemctl enable nftables.service"]
    : [];
}

export const rehearsalWords = (paths: DriverPaths, mode: "candidate" | "as it is"): readonly string[] =>
  script(withNamespacesScript, rehearseScript, paths.bootFile, paths.bootEntry, mode);
