import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DriverPaths } from "../../src/target.ts";

/** What a test with a real nft in a namespace of its own needs, or undefined when all of it is here. */
export const missingForFirewall: string | undefined =
  process.getuid?.() !== 0
    ? "root"
    : ["/usr/sbin/nft", "/usr/bin/unshare", "/usr/bin/nsenter"].find((file) => !existsSync(file));

export interface FirewallHost {
  /** Words before a command that make it run on this host. */
  readonly prefix: readonly string[];
  readonly paths: DriverPaths;
  readonly folder: string;
  run(script: string): string;
  stop(): void;
}

/** A host of its own: network and mounts in namespaces, nothing loaded, a boot entry that includes a folder. */
export function startFirewallHost(): FirewallHost {
  const folder = mkdtempSync(join(tmpdir(), "sluice-host-"));
  mkdirSync(join(folder, "nftables.d"));
  writeFileSync(join(folder, "nftables.conf"), `flush ruleset\ninclude "${folder}/nftables.d/*.nft"\n`);
  const paths = { bootFile: join(folder, "nftables.d/sluice.nft"), bootEntry: join(folder, "nftables.conf") };
  return hostWith(folder, paths);
}

/**
 * Starts the namespaces of a host whose files are in `folder`, with file systems of its own where a driver writes.
 * @param before words that a command on it needs in front, such as `env PATH=…`.
 */
export function hostWith(folder: string, paths: DriverPaths, before: readonly string[] = []): FirewallHost {
  const holder = spawn("unshare", ["--net", "--mount", "sleep", "infinity"], { stdio: "ignore" });
  const prefix = ["nsenter", "--target", String(holder.pid), "--net", "--mount", ...before];
  const run = (script: string): string => {
    const [command, ...words] = [...prefix, "sh", "-c", script];
    return execFileSync(command!, words, { encoding: "utf8" });
  };
  // The holder unshares a moment after it starts; until then this would be the machine's own namespace.
  execFileSync("sh", [
    "-c",
    `until [ "$(readlink /proc/${holder.pid}/ns/mnt)" != "$(readlink /proc/self/ns/mnt)" ] && ` +
      `[ "$(readlink /proc/${holder.pid}/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.02; done`,
  ]);
  run("mount -t tmpfs none /var/lib && mount -t tmpfs none /run");
  return {
    ...{ prefix, folder, paths, run },
    stop: () => {
      holder.kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
