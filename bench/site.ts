import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { placeholderKey } from "../src/policy/schema/placeholder-key.ts";
import type { Figure } from "./figure.ts";

const sizes = [1_000, 2_500, 5_000, 10_000] as const;
const command = join(import.meta.dirname, "../sluice/main.js");
/** Prints what the process has used, when it ends. */
const printUsage = `data:text/javascript,process.on("exit",()=>{const{maxRSS,userCPUTime,systemCPUTime}=process.resourceUsage();
process.stderr.write("used "+maxRSS+" "+(userCPUTime+systemCPUTime))})`;

/** `sluice check` as a user runs it, from start to exit, best of three. Growth is in processor time,
 * which a busy machine disturbs least. */
export async function bench(): Promise<readonly Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), "sluice-bench-"));
  try {
    const runs = sizes.map((permits) => {
      const file = join(folder, `${permits}.yaml`);
      writeFileSync(file, siteText(permits));
      return {
        permits,
        ...[1, 2, 3].map(() => check(file)).reduce((a, b) => (a.seconds < b.seconds ? a : b)),
      };
    });
    const [first, last] = [runs[0]!, runs.at(-1)!];
    return [
      ...runs.flatMap(({ permits, seconds, processor, megabytes }) => [
        { name: `read and check ${permits} permits`, value: seconds, unit: "s" },
        { name: `processor time for ${permits} permits`, value: processor, unit: "s" },
        { name: `peak memory for ${permits} permits`, value: megabytes, unit: "MB" },
      ]),
      { name: "growth for ten times the permits", value: last.processor / first.processor, unit: "times" },
    ];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

interface Usage {
  readonly seconds: number;
  readonly processor: number;
  readonly megabytes: number;
}

function check(file: string): Usage {
  const start = performance.now();
  const { status, stderr } = spawnSync(process.execPath, ["--import", printUsage, command, "check", file], {
    encoding: "utf8",
    maxBuffer: 1 << 30,
  });
  const seconds = (performance.now() - start) / 1000;
  const [, peak, processor] = /used (\d+) (\d+)$/.exec(stderr) ?? [];
  if (status !== 0 || peak === undefined)
    throw new Error(`the synthetic site did not pass: ${stderr.slice(0, 500)}`);
  return { seconds, processor: Number(processor) / 1e6, megabytes: Number(peak) / 1024 };
}

/** A site with eleven zones of 250 assets, ten conduits, and so many permits, none of which is worth a remark. */
function siteText(permits: number): string {
  const cells = Array.from({ length: 10 }, (_, cell) => cell + 1);
  const assets = Array.from({ length: 250 }, (_, asset) => asset);
  const zone = (index: number): readonly string[] => [
    `  zone${index}:`,
    "    level: 2",
    "    sl-target: 1",
    `    networks: [10.${index}.0.0/16]`,
    "    assets:",
    ...assets.map((asset) => `      z${index}-a${asset}: {addresses: [10.${index}.1.${asset}], role: plc}`),
  ];
  const conduit = (cell: number): readonly string[] => [
    `  conduit${cell}:`,
    `    zones: [zone0, zone${cell}]`,
    "    firewalls: [fw1]",
    "    permits:",
    ...Array.from({ length: permits / 10 }, (_, index) => [
      `      permit-${index}:`,
      `        initiators: [z0-a${index % 250}]`,
      `        responders: [z${cell}-a${(index * 7) % 250}]`,
      `        services: [tcp/${1000 + index}]`,
      "        reason: The historian polls process values.",
    ]).flat(),
  ];
  return [
    "sluice: 1",
    "site: {name: Synthetic plant, timezone: UTC}",
    "zones:",
    ...[0, ...cells].flatMap(zone),
    "conduits:",
    ...cells.flatMap(conduit),
    "firewalls:",
    "  fw1:",
    "    target: nftables",
    "    address: 192.0.2.1",
    `    ssh: {user: root, host-keys: [${placeholderKey(1, "fw1")}]}`,
    "",
  ].join("\n");
}
