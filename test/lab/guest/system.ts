import { execFileSync } from "node:child_process";
import { copyFileSync, cpSync, lstatSync, mkdirSync, readlinkSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { kernelFolder, kernelRelease } from "./kernel.ts";

// The guest's system is Debian's own, in the versions that this machine has: the files of these packages and of all that
// they need, copied from where they are installed. Only the kernel is none of the machine's.
const packages = [
  ...[
    "systemd",
    "openssh-server",
    "nftables",
    "conntrack",
    "iproute2",
    "kmod",
    "procps",
    "util-linux",
    "bsdutils",
  ],
  ...[
    "mount",
    "coreutils",
    "bash",
    "dash",
    "sed",
    "grep",
    "mawk",
    "findutils",
    "hostname",
    "libc-bin",
    "netbase",
  ],
  ...["base-passwd", "base-files"],
];
/** Debian's alternatives, which no package lists. */
const madeAtInstallation = ["/etc/alternatives/awk", "/usr/bin/awk"];
const unneeded =
  /^\/etc\/(?:init|rc.)[.]d\b|^\/usr\/share\/(?:doc|man|locale|info|lintian|bash-completion|zsh|perl5)\b|\/gconv\b/;

/** Lays out in an empty folder what a Debian host has before anybody configures it. */
export function layOutSystem(root: string): void {
  // On Debian 12 these are links, and its packages name their files by either way.
  for (const name of ["bin", "sbin", "lib", "lib64"]) {
    mkdirSync(join(root, "usr", name), { recursive: true });
    symlinkSync(`usr/${name}`, join(root, name));
  }
  for (const name of ["proc", "sys", "dev", "run", "tmp", "root", "var/tmp"])
    mkdirSync(join(root, name), { recursive: true });
  for (const file of [...filesOf(closureOf(packages)), ...madeAtInstallation]) copyInto(root, file);
  layOutModules(root);
  for (const name of ["passwd", "group"])
    copyFileSync(join(root, `usr/share/base-passwd/${name}.master`), join(root, "etc", name));
  run("ldconfig", "-r", root);
}

function layOutModules(root: string): void {
  const release = kernelRelease();
  const [from, to] = [join(kernelFolder, "lib/modules", release), join(root, "lib/modules", release)];
  for (const part of ["net", "lib", "drivers/virtio", "drivers/net"])
    cpSync(join(from, "kernel", part), join(to, "kernel", part), { recursive: true });
  for (const name of ["order", "builtin", "builtin.modinfo"])
    copyFileSync(join(from, `modules.${name}`), join(to, `modules.${name}`));
  run("depmod", "-b", root, release);
}

/** These packages and all that they need, of those that are installed. */
function closureOf(names: readonly string[]): readonly string[] {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg-query's own words for a field
  const states = run("dpkg-query", "-W", "-f", "${db:Status-Status} ${Package}\n");
  const installed = new Set(states.match(/(?<=^installed ).*$/gm));
  const relations = ["recommends", "suggests", "conflicts", "breaks", "replaces", "enhances"];
  const without = relations.map((relation) => `--no-${relation}`);
  const listed = run("apt-cache", "depends", "--recurse", "--installed", ...without, ...names);
  return [...new Set(listed.match(/^\w.*$/gm))].filter((name) => installed.has(name));
}

/** Sorted, so that a folder stands before what is in it. */
const filesOf = (names: readonly string[]): readonly string[] =>
  [...new Set(run("dpkg-query", "-L", ...names).match(/^\/.*$/gm))]
    .filter((file) => !unneeded.test(file))
    .sort();

function copyInto(root: string, file: string): void {
  const stat = lstatSync(file, { throwIfNoEntry: false });
  const target = join(root, file);
  // A package's file may be missing here, as documentation is in images; and links like /lib stand already.
  if (stat === undefined || lstatSync(target, { throwIfNoEntry: false })?.isSymbolicLink()) return;
  if (stat.isDirectory()) mkdirSync(target, { recursive: true });
  else if (stat.isSymbolicLink()) symlinkSync(readlinkSync(file), target);
  else copyFileSync(file, target);
}

export const run = (command: string, ...words: readonly string[]): string =>
  execFileSync(command, words, { encoding: "utf8", maxBuffer: 1 << 26 });
