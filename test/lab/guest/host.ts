import { appendFileSync, chmodSync, copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { LabFolder } from "../../../src/lab/lab-folder.ts";
import { addressCommands } from "../../../src/lab/network.ts";
import { firewall } from "../../../src/lab/plant.ts";
import { consoleScript } from "./console.ts";
import { run } from "./system.ts";

const unit = (name: string, text: string): readonly [string, string] => [`etc/systemd/system/${name}`, text];

/** As `ip -batch` reads it. The cards have the kernel's names, in the order in which they were put in. */
const network = (): string =>
  [
    ...firewall.links.map((link, index) => `link set dev eth${index} name ${link.network}`),
    addressCommands(firewall),
  ].join("\n");

/** What an administrator has configured on this host, by file. */
const files = (): readonly (readonly [string, string])[] => [
  ["etc/hostname", `${firewall.name}\n`],
  ["etc/machine-id", "0123456789abcdef0123456789abcdef\n"],
  ["etc/fstab", "/dev/nvme0n1 / ext4 defaults 0 1\n"],
  ["etc/modules-load.d/cards.conf", "virtio_net\n"],
  [
    "etc/sysctl.d/router.conf",
    "net.ipv4.ip_forward=1\nnet.ipv6.conf.all.forwarding=1\nnet.ipv6.conf.default.accept_dad=0\n",
  ],
  ["etc/network.batch", `${network()}\n`],
  // Packets pass only when the rules are loaded: network-pre.target comes after nftables.service, which Debian ships.
  unit(
    "cards.service",
    `[Unit]
DefaultDependencies=no
Wants=network-pre.target
After=network-pre.target systemd-modules-load.service systemd-sysctl.service
Before=network.target
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/ip -batch /etc/network.batch
[Install]
WantedBy=multi-user.target
`,
  ),
  unit(
    "console.service",
    `[Unit]
After=ssh.service cards.service
[Service]
ExecStart=/usr/local/sbin/console
Restart=always
[Install]
WantedBy=multi-user.target
`,
  ),
];

/** What a firewall can do without, and what costs most of its boot where the processor is a program. */
const unneeded = `dev-hugepages.mount dev-mqueue.mount sys-kernel-debug.mount sys-kernel-tracing.mount
kmod-static-nodes.service modprobe@.service systemd-random-seed.service systemd-sysusers.service
systemd-journal-flush.service systemd-update-utmp.service systemd-update-utmp-runlevel.service
systemd-user-sessions.service systemd-network-generator.service getty.target getty-static.service`.split(
  /\s/,
);

/** Configures a new system as the firewall of a lab: its keys, its cards, its own rules. */
export function configureHost(root: string, lab: LabFolder): void {
  for (const folder of ["etc/nftables.d", "root/.ssh", "usr/local/sbin"])
    mkdirSync(join(root, folder), { recursive: true });
  for (const [file, text] of files()) writeFileSync(join(root, file), text);
  writeFileSync(join(root, "usr/local/sbin/console"), consoleScript, { mode: 0o755 });
  appendFileSync(join(root, "etc/passwd"), "sshd:x:65533:65534::/run/sshd:/usr/sbin/nologin\n");
  writeFileSync(join(root, "etc/shadow"), "root:*:1::::::\n", { mode: 0o600 });
  copyFileSync(join(lab.disk, "nftables.conf"), join(root, "etc/nftables.conf"));
  copyFileSync(join(lab.disk, "authorized_keys"), join(root, "root/.ssh/authorized_keys"));
  copyFileSync(join(lab.keys, firewall.name), join(root, "etc/ssh/ssh_host_ed25519_key"));
  chmodSync(join(root, "etc/ssh/ssh_host_ed25519_key"), 0o600);
  writeFileSync(
    join(root, "etc/ssh/sshd_config"),
    "HostKey /etc/ssh/ssh_host_ed25519_key\nPasswordAuthentication no\nUsePAM no\nUseDNS no\n",
  );
  const systemctl = (...words: readonly string[]): string =>
    run("systemctl", `--root=${root}`, "-q", ...words);
  systemctl("enable", "nftables.service", "ssh.service", "cards.service", "console.service");
  systemctl("mask", ...unneeded);
}
