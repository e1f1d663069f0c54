import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Where `tools/setup.mjs test` unpacks Debian's kernel for virtual machines. Nothing of it is installed. */
export const kernelFolder = join(import.meta.dirname, "../../../node_modules/.cache/guest-kernel");
export const kernelRelease = (): string => readdirSync(join(kernelFolder, "lib/modules"))[0]!;
export const kernelFile = (): string => join(kernelFolder, `boot/vmlinuz-${kernelRelease()}`);

/** It mounts its disk by itself, without anything that loads modules before. */
const builtIn = ["CONFIG_BLK_DEV_NVME=y", "CONFIG_EXT4_FS=y"];
export function lackOfKernel(): string | undefined {
  const config = readFileSync(join(kernelFolder, `boot/config-${kernelRelease()}`), "utf8");
  const lacking = builtIn.find((line) => !config.includes(`${line}\n`));
  return lacking === undefined ? undefined : `a kernel with ${lacking}`;
}
