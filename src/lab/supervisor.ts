import { type ChildProcess, spawn } from "node:child_process";
import { createWriteStream, existsSync, readFileSync, rmSync } from "node:fs";
import { pipeline } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { type Order, serveOrders } from "./control.ts";
import { bootScript, sshdArgv } from "./firewall-host.ts";
import type { FirewallTarget } from "./firewall-kind.ts";
import type { Life } from "./lab.ts";
import { labFolder, pollLog } from "./lab-folder.ts";
import { inside, killHost, run, startHolder } from "./namespaces.ts";
import { addressCommands, cableCommands, portName, switchCommands } from "./network.ts";
import { firewall, type Host, hosts, plcs, sessions } from "./plant.ts";
import { labProgram } from "./programs.ts";
import { writeJson } from "./state.ts";

// The first process of a lab: `node supervisor.js FOLDER LIFE TARGET`, in namespaces of its own. Its network namespace
// holds the switches. When it ends, for whatever reason, the kernel ends every process of the lab and takes the namespaces and
// mounts away: there is nothing to clean up.
const [root, life, target] = process.argv.slice(2) as [string, Life, FirewallTarget];
const folder = labFolder(root);
const holders = new Map<string, number>();
const programs = new Map<string, ChildProcess[]>();
let sshd: ChildProcess | undefined;

const pidOf = (host: string): number => {
  const pid = holders.get(host);
  if (pid === undefined) throw new Error(`the plant has no host ${host}`);
  return pid;
};

function start(host: string, argv: readonly string[]): ChildProcess {
  const [command, ...words] = inside(pidOf(host), argv);
  return spawn(command!, words, { stdio: ["ignore", "inherit", "inherit"] });
}

function startProgram(host: string, name: string, ...words: readonly string[]): void {
  const child = start(host, [process.execPath, labProgram(name), ...words]);
  child.on("exit", (code, signal) => process.stderr.write(`${host}: ${name} ended (${code ?? signal})\n`));
  programs.set(host, [...(programs.get(host) ?? []), child]);
}

async function startHost(host: Host): Promise<void> {
  const pid = await startHolder(host.name);
  holders.set(host.name, pid);
  await run(["ip", "-batch", "-"], cableCommands(host, pid));
  await run(inside(pid, ["ip", "-batch", "-"]), addressCommands(host));
}

async function bootFirewall(): Promise<void> {
  await startHost(firewall);
  await run(inside(pidOf(firewall.name), ["sh"]), bootScript(folder.disk, target));
  sshd = start(firewall.name, sshdArgv());
  writeJson(folder.holders, Object.fromEntries(holders));
}

async function rebootFirewall(): Promise<void> {
  for (const { network } of firewall.links) {
    await run(["ip", "link", "delete", "dev", portName(firewall.name, network)]);
  }
  killHost(pidOf(firewall.name));
  await bootFirewall();
}

async function record(seconds: number, file: string): Promise<void> {
  // tcpdump gives up its privileges before it opens files, so the file is written here.
  const tcpdump = spawn("tcpdump", ["-i", "cell1", "-U", "-w", "-"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const written = pipeline(tcpdump.stdout, createWriteStream(file));
  const timer = setTimeout(() => tcpdump.kill("SIGTERM"), seconds * 1000);
  await written.finally(() => clearTimeout(timer));
}

function signal(host: string, name: NodeJS.Signals): void {
  pidOf(host);
  for (const child of programs.get(host) ?? []) child.kill(name);
}

const setLink = (state: "up" | "down"): Promise<string> =>
  run(["ip", "link", "set", "dev", portName(firewall.name, "mgmt"), state]);

/** Carries out an order and gives its output, which most have none of. */
async function carryOut(order: Order): Promise<string> {
  switch (order.do) {
    case "cut-link":
      return setLink("down");
    case "mend-link":
      return setLink("up");
    case "console":
      return run(inside(pidOf(firewall.name), order.argv));
    case "stop-sshd":
      sshd?.kill("SIGKILL");
      break;
    case "start-sshd":
      sshd = start(firewall.name, sshdArgv());
      break;
    case "reboot":
      await rebootFirewall();
      break;
    case "freeze":
      signal(order.host, "SIGSTOP");
      break;
    case "thaw":
      signal(order.host, "SIGCONT");
      break;
    case "record":
      await record(order.seconds, order.file);
      break;
  }
  return "";
}

/** The plant runs when every session has had its first answer. */
async function untilEverySessionRuns(): Promise<void> {
  const deadline = Date.now() + 60_000;
  for (const { id } of sessions) {
    const log = pollLog(folder, id);
    while (!existsSync(log) || !readFileSync(log, "utf8").includes('"ok"')) {
      if (Date.now() > deadline) throw new Error(`session ${id} had no answer within a minute`);
      await sleep(20);
    }
  }
}

if (life === "caller") {
  process.stdin.resume().on("end", () => {
    // To the first process, everybody is everybody in its own PID namespace (kill(2)).
    process.kill(-1, "SIGKILL");
    rmSync(folder.root, { recursive: true, force: true, maxRetries: 10 });
    process.exit();
  });
}
await run(["ip", "link", "set", "dev", "lo", "up"]);
await run(["ip", "-batch", "-"], switchCommands());
await Promise.all(hosts.filter((host) => host !== firewall).map(startHost));
await bootFirewall();
for (const plc of plcs) startProgram(plc.name, "plc", String(plc.unit));
for (const { id, client } of sessions) startProgram(client, "poller", id, pollLog(folder, id));
await untilEverySessionRuns();
await serveOrders(folder.control, carryOut);
