import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { FirewallHost } from "../test/support/firewall-host.ts";

/** What came of polls through a firewall: one is lost when its answer is not there after a second. */
export interface PollCount {
  readonly sent: number;
  readonly lost: number;
}

export interface Polls {
  stop(): Promise<PollCount>;
}

const server = `require("node:dgram").createSocket("udp4").bind(502).on("message", function (data, from) {
  this.send(data, from.port, from.address);
}).on("listening", () => console.log("ready"));`;

/** UDP, so that no retransmission hides a loss. Prints the count when its input ends. */
const client = `const socket = require("node:dgram").createSocket("udp4");
const open = new Set();
let sent = 0;
socket.on("message", (data) => open.delete(data.readUInt32BE(0)));
const timer = setInterval(() => {
  const data = Buffer.alloc(4);
  data.writeUInt32BE(++sent);
  open.add(sent);
  socket.send(data, 502, "10.10.1.10");
  if (sent === 20) console.log("ready");
}, 2);
process.stdin.resume().on("end", () => {
  clearInterval(timer);
  setTimeout(() => { console.log(JSON.stringify({ sent, lost: open.size })); process.exit(); }, 1000);
});`;

/** Puts a client and a server behind two ports of a firewall, each in a namespace of its own, and polls 500 times a second. */
export async function startPolls(firewall: FirewallHost): Promise<Polls> {
  const pid = firewall.prefix[2]!;
  const ends = [
    { address: "10.20.1.10", gateway: "10.20.1.1", port: "left" },
    { address: "10.10.1.10", gateway: "10.10.1.1", port: "right" },
  ].map(({ address, gateway, port }) => {
    const holder = spawn("unshare", ["--net", "sleep", "infinity"], { stdio: "ignore" });
    const wait = `until [ "$(readlink /proc/${holder.pid}/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.02; done`;
    execFileSync("sh", ["-c", wait]);
    firewall.run(
      `ip link add ${port} type veth peer name uplink netns ${holder.pid}; ip addr add ${gateway}/24 dev ${port}; ip link set ${port} up`,
    );
    const inside = ["--target", String(holder.pid), "--net"];
    const setup = `ip addr add ${address}/24 dev uplink; ip link set uplink up; ip route add default via ${gateway}`;
    execFileSync("nsenter", [...inside, "sh", "-c", setup]);
    return { holder, inside };
  });
  execFileSync("nsenter", ["--target", pid, "--net", "sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward"]);
  const [left, right] = ends;
  const [answering, asking] = [node(right!.inside, server), node(left!.inside, client)];
  await Promise.all([answering, asking].map((program) => once(program.stdout!, "data")));
  return {
    async stop() {
      const lines = createInterface({ input: asking.stdout! });
      asking.stdin!.end();
      const [line] = (await once(lines, "line")) as [string];
      for (const { holder } of ends) holder.kill();
      answering.kill();
      return JSON.parse(line) as PollCount;
    },
  };
}

const node = (inside: readonly string[], program: string): ChildProcess =>
  spawn("nsenter", [...inside, process.execPath, "-e", program], { stdio: ["pipe", "pipe", "inherit"] });
