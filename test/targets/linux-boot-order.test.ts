import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { bootOrderCautions, bootOrderScript } from "../../targets/linux-boot-order.ts";

const entry = "/etc/nftables.conf";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sluice-boot-"));
  mkdirSync(join(folder, "bin"));
  mkdirSync(join(folder, "units"));
  // What systemctl would say of a unit stands in the unit.
  const systemctl = join(folder, "bin/systemctl");
  writeFileSync(systemctl, `#!/bin/sh\nsed -n 's/^Before=//p' "${folder}/units/$5"\n`);
  chmodSync(systemctl, 0o755);
});
afterEach(() => rmSync(folder, { recursive: true }));

const unit = (name: string, lines: string): void => writeFileSync(join(folder, "units", name), lines);
/** In a network namespace of its own, which forwards or does not. */
function cautions(systemd = folder, forwards: 0 | 1 = 1): readonly string[] {
  const enter = [
    "--net",
    "sh",
    "-c",
    'echo "$1" > /proc/sys/net/ipv4/ip_forward && shift && exec "$@"',
    "sh",
  ];
  const words = ["sh", "-c", bootOrderScript, "sh", systemd, entry, join(folder, "units"), "/nowhere"];
  const env = { ...process.env, PATH: `${folder}/bin:${process.env.PATH}` };
  const stdout = execFileSync("unshare", [...enter, `${forwards}`, ...words], { encoding: "utf8", env });
  return bootOrderCautions({ stdout });
}
const missing = process.getuid?.() !== 0;
const named = (name: string): string => (missing ? `${name} (skipped: needs root)` : name);

test.skipIf(missing)(named("rules that come after the network are told, and how to mend it"), () => {
  unit("nftables.service", `[Service]\nExecStart=/usr/sbin/nft -f ${entry}\nBefore=shutdown.target\n`);
  expect(cautions()).toEqual([
    expect.stringMatching(/^nftables[.]service loads .*systemctl edit nftables[.]service/),
  ]);
  // Where nothing is forwarded nothing comes too early, and where no systemd runs, nothing is known.
  expect(cautions(folder, 0)).toEqual([]);
  expect(cautions("/nowhere")).toEqual([]);
});

test.skipIf(missing)(
  named("rules that come before the network are in order, and so is what loads something else"),
  () => {
    unit(
      "nftables.service",
      `[Service]\nExecStart=nft -f ${entry}\nBefore=shutdown.target network-pre.target\n`,
    );
    unit("other.service", "[Service]\nExecStart=/bin/true\n");
    expect(cautions()).toEqual([]);
  },
);
