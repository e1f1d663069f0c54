import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { kernelFolder, lackOfKernel } from "./kernel.ts";

/**
 * Words before a command that give it a processor whenever it wants one. A firewall does not wait for other tests, and one
 * that did would be too slow for Sluice, which refuses a trial where a dead man comes late.
 */
export const ownProcessor = ["chrt", "--rr", "1"] as const;

const files = [
  ...[
    "/usr/bin/qemu-system-x86_64",
    "/usr/sbin/mke2fs",
    "/usr/sbin/depmod",
    "/usr/bin/dpkg-query",
    "/usr/bin/chrt",
  ],
  ...["/lib/systemd/systemd", "/dev/net/tun", kernelFolder],
];

/** What a virtual machine needs and this machine lacks, for the name of a skipped test; undefined when all is here. */
export const missingForGuest: string | undefined = ((): string | undefined => {
  if (process.getuid?.() !== 0) return "root";
  const missing = files.find((file) => !existsSync(file));
  if (missing !== undefined) return missing;
  const [chrt, ...words] = [...ownProcessor, "true"];
  if (spawnSync(chrt!, words).status !== 0) return "permission for real-time scheduling (CAP_SYS_NICE)";
  return lackOfKernel();
})();
