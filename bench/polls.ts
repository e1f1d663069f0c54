import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { FirewallHost } from "../test/support/firewall-host.ts";
import { attachEnds } from "./ends.ts";

/** What came of polls through a firewall: one is lost when its answer is not there after a second. */
export interface PollCount {
  readonly sent: number;
  readonly lost: number;
  /** The longest time between two answers, in seconds. */
  readonly longestSilence: number;
}

export interface Polls {
  stop(): Promise<PollCount>;
}

/** Answers what the bench's rules permit, and what they do not. */
export const services = { permitted: 502, forbidden: 503 } as const;

const server = `for (const port of ${JSON.stringify(Object.values(services))}) {
  require("node:dgram").createSocket("udp4").bind(port).on("message", function (data, from) {
    this.send(data, from.port, from.address);
  }).on("listening", () => console.log("ready"));
}`;

/** UDP, so that no retransmission hides a loss. Prints the count when its input ends. */
const client = (port: number): string => `const socket = require("node:dgram").createSocket("udp4");
const open = new Set();
let sent = 0;
let heard = performance.now();
let longestSilence = 0;
socket.on("message", (data) => {
  open.delete(data.readUInt32BE(0));
  longestSilence = Math.max(longestSilence, performance.now() - heard);
  heard = performance.now();
});
const timer = setInterval(() => {
  const data = Buffer.alloc(4);
  data.writeUInt32BE(++sent);
  open.add(sent);
  socket.send(data, ${port}, "10.10.1.10");
  if (sent === 20) console.log("ready");
}, 2);
process.stdin.resume().on("end", () => {
  clearInterval(timer);
  setTimeout(() => { console.log(JSON.stringify({ sent, lost: open.size, longestSilence: longestSilence / 1000 })); process.exit(); }, 1000);
});`;

/**
 * Puts a client and a server behind two ports of a firewall, each in a namespace of its own. Gives what starts to poll a
 * service 500 times a second.
 */
export async function connectEnds(
  firewall: FirewallHost,
): Promise<{ poll(service: keyof typeof services): Promise<Polls>; stop(): void }> {
  const ends = attachEnds(firewall, [
    { address: "10.20.1.10", gateway: "10.20.1.1", port: "left" },
    { address: "10.10.1.10", gateway: "10.10.1.1", port: "right" },
  ]);
  const [left, right] = ends;
  const answering = node(right!.inside, server);
  await once(answering.stdout!, "data");
  return {
    async poll(service) {
      const asking = node(left!.inside, client(services[service]));
      await once(asking.stdout!, "data");
      return {
        async stop() {
          const lines = createInterface({ input: asking.stdout! });
          asking.stdin!.end();
          const [line] = (await once(lines, "line")) as [string];
          return JSON.parse(line) as PollCount;
        },
      };
    },
    stop() {
      for (const { holder } of ends) holder.kill();
      answering.kill();
    },
  };
}

const node = (inside: readonly string[], program: string): ChildProcess =>
  spawn("nsenter", [...inside, process.execPath, "-e", program], { stdio: ["pipe", "pipe", "inherit"] });
