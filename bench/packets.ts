import { execFileSync } from "node:child_process";
import { legalise } from "../src/compile/legalise/legalise.ts";
import { lowerConduit } from "../src/compile/lower.ts";
import { formatAddress, formatRange } from "../src/net/address.ts";
import type { Conduit, Permit } from "../src/policy/model.ts";
import { targets } from "../targets/index.ts";
import { type FirewallHost, startFirewallHost } from "../test/support/firewall-host.ts";
import { attachEnds, type End } from "./ends.ts";
import type { Figure } from "./figure.ts";
import { syntheticSite } from "./synthetic-site.ts";

/** Permits whose packets are sent, spread over the whole list of ten thousand. */
const sampled = [99, 1_500, 3_001, 4_502, 6_003, 7_504, 9_005, 9_998];
const emptyName = "empty ruleset with connection tracking";
const rounds = 3;
const batches = 40;

/**
 * Sends batches of UDP packets, round robin over the flows, and prints the seconds of the fastest batch. A packet is
 * forwarded before its system call returns, so a batch takes as long as its packets do.
 */
const sender = `import json, socket, sys, time
flows, batches, packets = json.load(sys.stdin)
sockets = []
for source, destination, port in flows:
    one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    one.bind((source, 40000))
    one.connect((destination, port))
    sockets.append(one)
times = []
for _ in range(batches):
    start = time.perf_counter()
    for number in range(packets):
        sockets[number % len(sockets)].send(b"polled value")
    times.append(time.perf_counter() - start)
print(min(times))`;

/** A ruleset, the commands that load it from standard input and take it away, and how many packets make a batch. */
interface Subject {
  readonly name: string;
  readonly load: string;
  readonly text: string;
  readonly unload: string;
  /** Fewer where each of them costs more. */
  readonly packets: number;
}

/** What a packet costs on its way through a real router, by ruleset: all of them in turn, several times, in one run. */
export async function bench(): Promise<readonly Figure[]> {
  const { site, conduit: drawn } = syntheticSite(10_000, 4);
  // UDP, so that a permitted packet needs no session.
  const conduit: Conduit = { ...drawn, permits: drawn.permits.map(overUdp) };
  const compiled = (name: "nftables" | "iptables"): string => {
    const target = targets.get(name)!;
    const rules = legalise(lowerConduit(site, conduit, "enforce").value!, target.capabilities).value!;
    return target.emit({ firewall: "fw1", conduits: [rules] });
  };
  const subjects = [
    ...withNft(compiled("nftables"), conduit),
    ...withIptables(compiled("iptables"), conduit),
  ];
  const host = startFirewallHost();
  const ends = attachEnds(host, [
    { address: "10.100.255.2", gateway: "10.100.255.1", port: "left" },
    { address: "192.0.2.2", gateway: "192.0.2.1", port: "right" },
  ]);
  const [client, sink] = ends as [End, End];
  try {
    prepare(host, client, sink);
    const costs = new Map<string, number>();
    for (let round = 0; round < rounds; round += 1) {
      for (const { name, load, text, unload, packets } of subjects) {
        feed(host, load, text);
        const cost = (1e6 * send(client, sink, conduit, packets)) / packets;
        costs.set(name, Math.min(costs.get(name) ?? Number.POSITIVE_INFINITY, cost));
        host.run(unload);
      }
    }
    // Every stateful firewall tracks connections, so this is what an empty one costs.
    const empty = costs.get(emptyName)!;
    return [...costs].flatMap(([name, cost]) => [
      { name: `one packet, ${name}`, value: cost, unit: "µs" },
      { name: `one packet, ${name}: to the empty ruleset`, value: cost / empty, unit: "times" },
    ]);
  } finally {
    for (const { holder } of ends) holder.kill();
    host.stop();
  }
}

function withNft(compiled: string, { permits }: Conduit): readonly Subject[] {
  const table = (name: string, policy: string, lines: readonly string[]): string =>
    `table inet ${name} {\nchain forward {\ntype filter hook forward priority filter; policy ${policy};\n${lines.join("\n")}\n}\n}\n`;
  const flat = permits.map((permit) => {
    const { from, to, first, last } = words(permit);
    return `ip saddr ${from} ip daddr ${to} udp dport ${first}-${last} accept`;
  });
  const commands = { load: "nft -f -", unload: "nft flush ruleset", packets: 2_000 };
  return [
    { ...commands, name: "no ruleset", text: "" },
    {
      ...{ ...commands, name: emptyName },
      text: table("tracking", "accept", ["ct state invalid accept"]),
    },
    { ...commands, name: "nftables, 10,000 permits", text: compiled },
    { ...commands, name: "nftables, 10,000 flat rules", text: table("flat", "drop", flat), packets: 50 },
  ];
}

function withIptables(compiled: string, { permits }: Conduit): readonly Subject[] {
  const flat = permits.map((permit) => {
    const { from, to, first, last } = words(permit);
    const destination = to.includes("-") ? `-m iprange --dst-range ${to}` : `-d ${to}`;
    return `-A FORWARD -s ${from} ${destination} -p udp -m udp --dport ${first}:${last} -j ACCEPT`;
  });
  const variant = (name: string): Subject => ({
    name: `iptables (${name}), 10,000 permits`,
    text: compiled,
    load:
      "file=$(mktemp); trap 'rm $file' EXIT; cat > $file; sed -n 's/^#ipset //p' $file | ipset restore; " +
      `iptables-${name}-restore --noflush < $file && iptables-${name} -I FORWARD 1 -j SLUICE`,
    unload: `iptables-${name} -F; iptables-${name} -X; ipset destroy`,
    packets: 2_000,
  });
  return [
    variant("legacy"),
    variant("nft"),
    {
      ...{ name: "iptables (legacy), 10,000 flat rules", packets: 50 },
      ...{ load: "iptables-legacy-restore", unload: "iptables-legacy -F" },
      text: ["*filter", ...flat, "-A FORWARD -j DROP", "COMMIT", ""].join("\n"),
    },
  ];
}

const overUdp = (permit: Permit): Permit => ({
  ...permit,
  services: permit.services.map((service) =>
    service.kind === "ports" ? { ...service, protocol: 17 } : service,
  ),
});

/** A permit of the synthetic site, each end in words. */
function words({ initiators, responders, services: [service] }: Permit) {
  const [from, to] = [initiators[0]!, responders[0]!].map(formatRange) as [string, string];
  if (service?.kind !== "ports") throw new Error("the synthetic site has permits for ports only");
  return { from, to, first: service.from, last: service.to };
}

/** The client has all addresses that initiate, and the sink swallows what is sent to any that responds. */
function prepare(host: FirewallHost, client: End, sink: End): void {
  host.run("ip route add 10.10.0.0/16 via 192.0.2.2; ip route add 10.100.0.0/20 via 10.100.255.2");
  const run = (end: End, script: string): Buffer =>
    execFileSync("nsenter", [...end.inside, "sh", "-c", script]);
  run(client, "ip link set lo up; ip route add local 10.100.0.0/20 dev lo");
  run(sink, "ip route add blackhole 10.10.0.0/16");
}

function feed(host: FirewallHost, script: string, input: string): void {
  const [command, ...others] = [...host.prefix, "sh", "-c", script];
  execFileSync(command!, others, { input, stdio: ["pipe", "ignore", "inherit"] });
}

/** Seconds of the fastest batch. @throws {Error} unless the router lets every packet through. */
function send(client: End, sink: End, { permits }: Conduit, packets: number): number {
  const flows = sampled.map((index) => {
    const { initiators, responders } = permits[index]!;
    const [from, to] = [initiators[0]!, responders[0]!].map((range) => formatAddress(4, range.from));
    return [from, to, words(permits[index]!).first];
  });
  const before = received(sink);
  const seconds = execFileSync("nsenter", [...client.inside, "python3", "-c", sender], {
    input: JSON.stringify([flows, batches, packets]),
    encoding: "utf8",
  });
  const [sent, arrived] = [batches * packets, received(sink) - before];
  if (arrived < sent) throw new Error(`of ${sent} permitted packets ${arrived} came through`);
  return Number(seconds);
}

function received(end: End): number {
  const list = execFileSync("nsenter", [...end.inside, "ip", "-j", "-s", "link", "show", "uplink"], {
    encoding: "utf8",
  });
  return (
    JSON.parse(list) as readonly { readonly stats64: { readonly rx: { readonly packets: number } } }[]
  )[0]!.stats64.rx.packets;
}
