import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FirewallHost } from "./firewall-host.ts";

/** systemd refuses to add a timer while these are unknown. */
const stubs = ["sluice-test", "sysinit", "basic", "shutdown", "timers"];

const boot = (folder: string): string => `set -e
mount -t tmpfs none /run
mkdir -p /run/units /run/systemd
for name in ${stubs.join(" ")}; do printf '[Unit]\\nDefaultDependencies=no\\n' > /run/units/$name.target; done
mount -t tmpfs none /var/lib
touch ${folder}/console
if [ -e /dev/console ]; then mount --bind ${folder}/console /dev/console; fi
exec env -i container=sluice-test PATH="$PATH" SYSTEMD_UNIT_PATH=/run/units \\
  /lib/systemd/systemd --system --unit=sluice-test.target --show-status=no`;

function newDisk(): string {
  const folder = mkdtempSync(join(tmpdir(), "sluice-systemd-"));
  mkdirSync(join(folder, "nftables.d"));
  writeFileSync(join(folder, "nftables.conf"), `flush ruleset\ninclude "${folder}/nftables.d/*.nft"\n`);
  return folder;
}

/** A host with a real systemd as its first process, in namespaces of its own, and nothing else that it starts. */
function start(folder: string): SystemdHost & { readonly up: boolean } {
  const words = [
    ...["--pid", "--fork", "--mount", "--mount-proc", "--cgroup", "--uts", "--ipc", "--net", "--kill-child"],
    ...["sh", "-c", boot(folder)],
  ];
  const unshare: ChildProcess = spawn("unshare", words, { stdio: "ignore" });
  const prefix = ["nsenter", "--target", String(firstChild(unshare.pid!)), "--all"];
  const run = (script: string): string =>
    execFileSync(prefix[0]!, [...prefix.slice(1), "sh", "-c", script], { encoding: "utf8", stdio: "pipe" });
  const powerCut = (): void => void unshare.kill("SIGKILL");
  const stop = (): void => {
    powerCut();
    rmSync(folder, { recursive: true, force: true });
  };
  const paths = { bootFile: join(folder, "nftables.d/sluice.nft"), bootEntry: join(folder, "nftables.conf") };
  return {
    prefix,
    folder,
    paths,
    run,
    stop,
    powerCut,
    up: waitFor(() => run("systemctl is-system-running") !== ""),
  };
}

export interface SystemdHost extends FirewallHost {
  /** Ends every process of the host at once. What is left is its folder. */
  powerCut(): void;
}

const sleep = (ms: number): void => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);

function waitFor(isThere: () => boolean): boolean {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    try {
      if (isThere()) return true;
    } catch {
      // Not yet.
    }
    sleep(50);
  }
  return false;
}

function firstChild(parent: number): number {
  let child = 0;
  waitFor(() => {
    child = Number(readFileSync(`/proc/${parent}/task/${parent}/children`, "utf8").trim());
    return child > 0;
  });
  return child;
}

/** What a test with a real systemd needs, or undefined when all of it is here. */
export const missingForSystemd: string | undefined = ((): string | undefined => {
  if (process.getuid?.() !== 0) return "root";
  const missing = ["/lib/systemd/systemd", "/usr/bin/systemd-run", "/usr/sbin/nft", "/usr/bin/nsenter"].find(
    (file) => !existsSync(file),
  );
  if (missing !== undefined) return missing;
  const host = start(newDisk());
  host.stop();
  return host.up ? undefined : "a kernel on which systemd runs in namespaces";
})();

/** @param disk of a host whose power was cut; without it a new one. */
export const startSystemdHost = (disk: string = newDisk()): SystemdHost => start(disk);
