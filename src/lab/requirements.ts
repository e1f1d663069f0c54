import { spawnSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { join } from "node:path";
import { type FirewallTarget, firewallKinds } from "./firewall-kind.ts";
import type { Mode } from "./state.ts";

/** Something that this machine lacks, and how to mend it. */
export interface Missing {
  readonly what: string;
  readonly mend: string;
}

/** The commands that the lab runs, and the Debian package of each. */
const commands: Readonly<Record<string, string>> = {
  unshare: "util-linux",
  nsenter: "util-linux",
  mount: "mount",
  hostname: "hostname",
  ip: "iproute2",
  sysctl: "procps",
  sshd: "openssh-server",
  "ssh-keygen": "openssh-client",
  tcpdump: "tcpdump",
};

/** An account that is not root often has no sbin in its PATH. */
export const searchPath = `${process.env.PATH ?? ""}:/usr/local/sbin:/usr/sbin:/sbin`;

/** Root needs no user namespace, and a machine may forbid them. */
export const modeOfThisUser = (): Mode => (process.getuid?.() === 0 ? "root" : "user");

/**
 * The words that start a command as the first process of a new lab. The account keeps its name in the user namespace:
 * sshd gives a connection to nobody but the account that it runs as, and refuses to be root without being it.
 */
export const isolated = (mode: Mode, argv: readonly string[]): readonly string[] => [
  "unshare",
  ...(mode === "user" ? ["--user", "--map-current-user", "--keep-caps"] : []),
  "--net",
  "--mount",
  "--pid",
  "--fork",
  "--kill-child",
  "--mount-proc",
  ...argv,
];

/** What keeps a lab with such a firewall from running here; empty when nothing does. */
export function missingForLab(target: FirewallTarget): readonly Missing[] {
  if (process.platform !== "linux") {
    return [{ what: "Linux", mend: "run the lab on a Linux machine, or in a virtual one" }];
  }
  const kind = firewallKinds[target];
  const absent = Object.entries({ ...commands, ...kind.commands })
    .filter(([command]) => !isInstalled(command))
    .map(([command, name]) => ({ what: command, mend: `apt-get install ${name}` }));
  return absent.length > 0 ? absent : missingInKernel(kind.probe);
}

/** Tries what the lab will do, since no setting tells for certain whether it is allowed. */
function missingInKernel(probe: string): readonly Missing[] {
  const mode = modeOfThisUser();
  const script = `set -e\nip link add name a type bridge\nip link add name b type veth\n${probe}`;
  const [command, ...words] = isolated(mode, ["sh", "-c", script]);
  const trial = spawnSync(command!, words, { encoding: "utf8", env: { ...process.env, PATH: searchPath } });
  if (trial.status === 0) return [];
  const mend =
    mode === "user"
      ? "run it as root, or allow unprivileged user namespaces (sysctl kernel.unprivileged_userns_clone, user.max_user_namespaces, kernel.apparmor_restrict_unprivileged_userns)"
      : "run it where root may create namespaces, bridges and nftables tables (in a container: --privileged)";
  return [{ what: `permission for namespaces (${trial.stderr.trim()})`, mend }];
}

function isInstalled(command: string): boolean {
  return searchPath.split(":").some((folder) => {
    try {
      accessSync(join(folder, command), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
