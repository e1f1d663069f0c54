import type { HostFacts } from "../../src/target.ts";
import { openConfig } from "./config/document.ts";
import { refusals } from "./config/refusals.ts";
import { child, childText } from "./config/xml.ts";
import { complaint, type Host, script } from "./host.ts";

/** The first version whose pf has match rules that tag, and whose functions the application rests on. */
const oldest = [2, 7, 0] as const;
/** pfSense Plus counts by year and month; 23.05 is the release beside 2.7.0. */
const oldestPlus = [23, 5] as const;

/** Kernel, version, and everything for which no change may be made on this host. */
export async function readFacts(host: Host, configFile: string, versionFile: string): Promise<HostFacts> {
  const kernel = (await host.output("name its kernel", ["uname", "-sr"])).trim();
  const version = (await host.readFile(versionFile))?.trim();
  if (!kernel.startsWith("FreeBSD") || version === undefined) {
    return {
      kernel,
      version: version ?? "",
      deadMen: [],
      obstacles: ["this host is not pfSense: name its own target in site.yaml"],
    };
  }
  const rules = await host.try(["pfctl", "-s", "rules"]);
  if (rules.code !== 0) {
    return {
      kernel,
      version,
      deadMen: [],
      obstacles: [`pfctl may not read the rules (${complaint(rules)}): log in as root`],
    };
  }
  const status = await host.try(["pfctl", "-s", "info"]);
  return {
    kernel,
    version,
    // The helper and its second watcher.
    deadMen: ["process", "process"],
    obstacles: [
      ...(isOldEnough(version) ? [] : [`pfSense ${version} is too old: update to 2.7.0 or newer`]),
      ...(status.stdout.includes("Status: Enabled") ? [] : ["pf is not enabled: switch packet filtering on"]),
      ...(/^anchor "userrules\/\*"/m.test(rules.stdout)
        ? []
        : ['the anchor "userrules/*" is not attached, so a trial would meet no packet: reload the filter']),
      ...(await missingCommands(host)),
      ...configObstacles(await host.readFile(configFile), configFile),
    ],
  };
}

function isOldEnough(version: string): boolean {
  const parts = /^(\d+)\.(\d+)(?:\.(\d+))?/.exec(version)?.slice(1).map(Number) ?? [];
  const floor: readonly number[] = (parts[0] ?? 0) >= 20 ? oldestPlus : oldest;
  const differs = floor.findIndex((part, index) => part !== (parts[index] ?? 0));
  return differs < 0 || (parts[differs] ?? 0) > floor[differs]!;
}

/** The dead man needs `daemon`, the confirmed rules need PHP. */
async function missingCommands(host: Host): Promise<readonly string[]> {
  const find = 'for command; do command -v "$command" > /dev/null || echo "$command"; done';
  const result = await host.try(script(find, "daemon", "php", "sysctl", "pfctl"));
  return result.stdout
    .split("\n")
    .filter((command) => command !== "")
    .map((command) => `the command ${command} is not in the path of this user`);
}

function configObstacles(text: string | undefined, file: string): readonly string[] {
  if (text === undefined) return [`${file} does not exist: name the right file as boot-entry in site.yaml`];
  const { value: document, diagnostics } = openConfig(text, file);
  const problems = document ? refusals(document) : diagnostics;
  return [
    ...problems
      .filter(({ severity }) => severity === "error")
      .map(({ message, span, fix }) => `${file}:${span?.line ?? 1}: ${message}${fix ? `: ${fix}` : ""}`),
    ...(document ? standby(child(document.root, "hasync")) : []),
  ];
}

/** The primary of a pair replaces rules and aliases of the other as a whole, ours included. */
function standby(hasync: Parameters<typeof child>[0]): readonly string[] {
  const isMember = child(hasync, "pfsyncenabled") !== undefined;
  return isMember && (childText(hasync, "synchronizetoip") ?? "") === ""
    ? ["this is the standby of a high-availability pair: make the change on the primary"]
    : [];
}
