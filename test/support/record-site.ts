import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FirewallHost } from "./firewall-host.ts";
import { pollPermit } from "./poll-permit.ts";
import type { Sshd } from "./sshd.ts";

/** A site folder whose one firewall is to be read for its own record. */
export function recordSite(
  target: string,
  { paths }: Pick<FirewallHost, "paths">,
  { port, hostKey, identity }: Sshd,
): string {
  const folder = mkdtempSync(join(tmpdir(), "sluice-from-"));
  mkdirSync(join(folder, "baseline"));
  writeFileSync(
    join(folder, "site.yaml"),
    `sluice: 1
site: { name: Test, timezone: UTC }
people:
  eva: { name: Eva, roles: [engineer, operator], keys: ["${readFileSync(`${identity}.pub`, "utf8").trim()}"] }
zones:
  dmz: { level: 3, sl-target: 2, networks: [10.20.1.0/24, "fd00:20::/64"] }
  cell1: { level: 1, sl-target: 2, networks: [10.10.1.0/24, "fd00:10::/64"] }
conduits:
  dmz-cell1:
    zones: [dmz, cell1]
    firewalls: [fw1]
${pollPermit}
firewalls:
  fw1:
    target: ${target}
    address: 127.0.0.1
    ssh: { user: root, port: ${port}, host-keys: ["${hostKey}"] }
    boot-file: ${paths.bootFile}
    boot-entry: ${paths.bootEntry}
`,
  );
  return folder;
}
