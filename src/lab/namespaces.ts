import { spawn } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/**
 * Starts a host: a process that does nothing but hold network, mount and UTS namespaces of its own. Resolves with its
 * id once the namespaces exist.
 */
export async function startHolder(name: string): Promise<number> {
  const holder = spawn("unshare", ["--net", "--mount", "--uts", "sleep", "infinity"], { stdio: "inherit" });
  const pid = holder.pid;
  if (pid === undefined) throw new Error(`host ${name} cannot be started: unshare is missing`);
  // unshare(1) becomes sleep(1) only when the namespaces are made.
  while (readFileSync(`/proc/${pid}/comm`, "utf8").trim() !== "sleep") {
    if (holder.exitCode !== null) throw new Error(`host ${name} cannot be started: unshare failed`);
    await sleep(5);
  }
  await run(inside(pid, ["hostname", name]));
  // Nobody else is on the wires, and an address that is still being probed cannot be used (RFC 4862, section 5.4).
  await run(inside(pid, ["sysctl", "-q", "-w", "net.ipv6.conf.default.accept_dad=0"]));
  return pid;
}

/** The words that run a command inside the host that process `pid` holds. */
export const inside = (pid: number, argv: readonly string[]): readonly string[] => [
  "nsenter",
  `--target=${pid}`,
  "--net",
  "--mount",
  "--uts",
  ...argv,
];

/** Runs a command to its end. Resolves with what it wrote to stdout; rejects with what it complained when it fails. */
export function run(argv: readonly string[], input = ""): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(argv[0]!, argv.slice(1), { stdio: "pipe" });
    let [said, complained] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      said += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      complained += text;
    });
    child.on("error", reject);
    child.on("close", (code) => {
      if (code === 0) resolve(said);
      else reject(new Error(`${argv.join(" ")} failed: ${complained.trim()}`));
    });
    // A command that ends without reading says why by its exit code.
    child.stdin.on("error", () => undefined).end(input);
  });
}

/** Ends everything that runs in a host, as a power cut does. */
export function killHost(pid: number): void {
  const network = readlinkSync(`/proc/${pid}/ns/net`);
  for (const entry of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    if (namespaceOf(entry) === network) process.kill(Number(entry), "SIGKILL");
  }
}

function namespaceOf(pid: string): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`);
  } catch {
    // The process ended while the list was read.
    return undefined;
  }
}
