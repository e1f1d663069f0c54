import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type FirewallHost, hostWith } from "./firewall-host.ts";

export type Variant = "legacy" | "nft";

/** What a test with a real iptables in a namespace of its own needs, or undefined when all of it is here. */
export const missingForIptables: string | undefined =
  process.getuid?.() !== 0
    ? "root"
    : [
        "/usr/sbin/xtables-legacy-multi",
        "/usr/sbin/xtables-nft-multi",
        "/usr/sbin/ipset",
        "/usr/bin/unshare",
        "/usr/bin/nsenter",
        "/usr/bin/flock",
      ].find((file) => !existsSync(file));

const rules = (policy: string): string =>
  `*filter\n:INPUT ${policy} [0:0]\n:FORWARD ${policy} [0:0]\n:OUTPUT ${policy} [0:0]\n` +
  "-A FORWARD -m conntrack --ctstate ESTABLISHED -j ACCEPT\nCOMMIT\n";

/**
 * A host of its own: network and mounts in namespaces, the commands of one variant first in its path, and a boot that
 * restores rules of its own before it runs the scripts of a folder, as netfilter-persistent does.
 * @param without commands that this host does not have.
 */
export function startIptablesHost(variant: Variant, without: readonly string[] = []): FirewallHost {
  const folder = mkdtempSync(join(tmpdir(), "sluice-iptables-"));
  const bin = join(folder, "bin");
  for (const name of ["bin", "plugins.d"]) mkdirSync(join(folder, name));
  for (const tool of ["iptables", "ip6tables"]) {
    for (const suffix of ["", "-save", "-restore"]) {
      symlinkSync(`/usr/sbin/xtables-${variant}-multi`, join(bin, tool + suffix));
    }
  }
  for (const tool of without) {
    // A link to the machine's own tool may stand there: it goes first, for writing would follow it.
    rmSync(join(bin, tool), { force: true });
    writeFileSync(join(bin, tool), "#!/bin/sh\nexit 127\n", { mode: 0o755, flag: "wx" });
  }
  for (const version of ["4", "6"]) writeFileSync(join(folder, `rules.v${version}`), rules("ACCEPT"));
  const boot =
    `#!/bin/sh\niptables-restore < ${folder}/rules.v4\nip6tables-restore < ${folder}/rules.v6\n` +
    `run-parts --arg="$1" ${folder}/plugins.d\n`;
  writeFileSync(join(folder, "boot"), boot, { mode: 0o755 });
  const paths = { bootFile: join(folder, "plugins.d/90-sluice"), bootEntry: join(folder, "boot") };
  return hostWith(folder, paths, ["env", `PATH=${bin}:${process.env.PATH}`]);
}
