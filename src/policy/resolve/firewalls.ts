import type { Firewall, FirewallId } from "../model.ts";
import type { SiteFile } from "../schema/site.ts";
import { didYouMean } from "../suggest.ts";
import { type Resolution, reportKey, reportValue } from "./report.ts";

/** Where a kind of firewall loads its rules from at boot, unless the site file says otherwise. */
export interface BootPaths {
  readonly bootFile: string;
  readonly bootEntry: string;
}

/** The kinds of firewall that exist, by name. */
export type TargetDefaults = Readonly<Record<string, BootPaths>>;

type FirewallEntry = NonNullable<SiteFile["firewalls"]>[string];

export function resolveFirewalls(
  to: Resolution,
  entries: SiteFile["firewalls"],
  targets: TargetDefaults,
): readonly Firewall[] {
  return Object.entries(entries ?? {}).map(([id, entry]) =>
    resolveFirewall(to, id as FirewallId, entry, targets),
  );
}

function resolveFirewall(
  to: Resolution,
  id: FirewallId,
  entry: FirewallEntry,
  targets: TargetDefaults,
): Firewall {
  const path = ["firewalls", id];
  const target = Object.hasOwn(targets, entry.target) ? targets[entry.target] : undefined;
  const bootFile = entry["boot-file"] ?? target?.bootFile;
  const bootEntry = entry["boot-entry"] ?? target?.bootEntry;
  if (target === undefined && Object.keys(targets).length > 0) {
    const known = Object.keys(targets);
    const fix = didYouMean(entry.target, known) ?? `write ${known.join(" or ")}`;
    reportValue(to, "site/unknown-target", [...path, "target"], `there is no target "${entry.target}"`, {
      fix,
    });
  } else if (bootFile === undefined || bootEntry === undefined) {
    const message = `"${id}" needs the keys "boot-file" and "boot-entry"`;
    reportKey(to, "site/missing-key", path, message);
  } else if (bootFile === bootEntry) {
    const message = "the boot file and the boot entry are the same file";
    reportKey(to, "site/boot-file-shared", path, message, {
      fix: "the boot entry is the host's own file, which includes the boot file: give the boot file another name",
    });
  }
  return {
    id,
    target: entry.target,
    address: entry.address,
    ssh: { user: entry.ssh.user, port: entry.ssh.port ?? 22, hostKeys: entry.ssh["host-keys"] },
    bootFile: bootFile ?? "",
    bootEntry: bootEntry ?? "",
    span: to.source.locate(path, "key"),
  };
}
