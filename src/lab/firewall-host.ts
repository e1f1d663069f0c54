import { copyFileSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { disk, type FirewallTarget, firewallKinds } from "./firewall-kind.ts";
import { firewall } from "./plant.ts";

const address = firewall.links.find(({ network }) => network === "mgmt")!.addresses[0]!;
// An account that is not root has no sbin in its PATH, and nft lives there.
const sshdConfig = `Port 22
ListenAddress ${address}
HostKey ${disk}/host_key
AuthorizedKeysFile ${disk}/authorized_keys
SetEnv PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
UseDNS no
StrictModes no
PrintMotd no
PidFile none
`;

/** In the lab the administrator is called root in both modes; unprivileged, it is the user who started the lab. */
const accounts = (uid: number, gid: number): string =>
  `root:x:${uid}:${gid}:root:/run/root:/bin/sh\nsshd:x:65533:65534::/run/sshd:/usr/sbin/nologin\n`;

/** Lays out the disk of a firewall that Sluice has never touched. `people` are OpenSSH public key lines. */
export function layOutDisk(
  folder: string,
  target: FirewallTarget,
  hostKey: string,
  people: readonly string[],
): void {
  mkdirSync(join(folder, "var-lib"), { recursive: true });
  firewallKinds[target].layOut(folder);
  copyFileSync(hostKey, join(folder, "host_key"));
  writeFileSync(join(folder, "authorized_keys"), people.map((key) => `${key}\n`).join(""));
  writeFileSync(join(folder, "sshd_config"), sshdConfig);
  writeFileSync(join(folder, "passwd"), accounts(process.getuid!(), process.getgid!()));
  // No password, but not locked: sshd refuses a locked account even with the right key.
  writeFileSync(join(folder, "shadow"), "root:*:1::::::\n", { mode: 0o600 });
}

/**
 * The shell script that boots the firewall inside its namespaces: its disk at the usual places, everything else in
 * /etc as on the machine that the lab runs on, rules loaded from its boot file, and only then forwarding on, as Debian's units
 * do it: what passed before would be picked up from its answer, and dropped by the rules for as long as it lives.
 */
export const bootScript = (folder: string, target: FirewallTarget): string => `set -e
mount --bind '${folder.replaceAll("'", `'\\''`)}' ${disk}
mount --bind ${disk}/var-lib /var/lib
mount -t tmpfs -o mode=755 sluice-run /run
mkdir /run/etc /run/root /run/sshd
mount --rbind /etc /run/etc
mount -t tmpfs -o mode=755 sluice-etc /etc
ln -s /run/etc/* /etc/
rm -f /etc/passwd /etc/shadow /etc/ssh
ln -s ${disk}/passwd ${disk}/shadow /etc/
${firewallKinds[target].boot}
sysctl -q -w net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
`;

/** sshd must be named by its whole path: it starts itself again for each connection. */
export function sshdArgv(): readonly string[] {
  const path = ["/usr/sbin/sshd", "/usr/bin/sshd", "/usr/local/sbin/sshd"].find((file) => existsSync(file));
  if (path === undefined) throw new Error("sshd is missing");
  return [path, "-D", "-e", "-f", `${disk}/sshd_config`];
}
