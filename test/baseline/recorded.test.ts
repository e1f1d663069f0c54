import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { line, observeBytes } from "./support/observe.ts";
import { hasTraffic, needsTraffic, readTraffic, traffic } from "./support/shared.ts";

const folder = mkdtempSync(join(tmpdir(), "sluice-recorded-"));
afterAll(() => rmSync(folder, { recursive: true }));

const lacks = (tool: string): string => (spawnSync(tool, ["--version"]).error === undefined ? "" : tool);
const missing = ["unshare", "ip", "tcpdump", "nft"].map(lacks).filter(Boolean);
const canRecord = missing.length === 0 && spawnSync("unshare", ["--net", "true"]).status === 0;
const why = canRecord ? "" : ` [skipped: needs ${missing.join(", ") || "root for a network namespace"}]`;

/** A request and an answer over TCP (IPv6) and UDP (IPv4), from ports of the kernel's choice. */
const traffics = `
const net = require("node:net"), dgram = require("node:dgram");
const server = net.createServer((socket) => socket.on("data", (data) => socket.end(data)));
const echo = dgram.createSocket("udp4", (data, from) => echo.send(data, from.port, from.address));
server.listen(502, "::1", () => echo.bind(9100, "127.0.0.1", () => {
  const asker = dgram.createSocket("udp4", () => { asker.close(); echo.close(); });
  asker.send("poll", 9100, "127.0.0.1");
  net.connect(502, "::1").on("close", () => server.close()).resume().end("poll");
}));`;

/**
 * Records the same traffic in a network namespace of its own, once for each set of tcpdump's arguments. With a small buffer
 * a recorder in immediate mode holds eight packets, and loses others when the machine is busy.
 */
function record(recordings: Readonly<Record<string, readonly string[]>>): void {
  const script = [
    "set -e",
    "ip link set lo up",
    "nft add table inet t",
    "nft add chain inet t c '{ type filter hook input priority 0; }'",
    "nft add rule inet t c log group 5 queue-threshold 1",
    ...Object.entries(recordings).map(
      ([name, args]) =>
        `tcpdump -Z root -U --immediate-mode -B 65536 -w ${folder}/${name} ${args.join(" ")} 2>${folder}/${name}.log & pids="$pids $!"`,
    ),
    ...Object.keys(recordings).map(
      (name) => `until grep -q listening ${folder}/${name}.log; do sleep 0.05; done`,
    ),
    `${process.execPath} -e '${traffics}'`,
    // A recorder that is ended leaves behind what it had not written: on a busy machine it is given the time.
    `written() { cat ${folder}/*.pcap | wc -c; }`,
    'before=; until [ "$before" = "$(written)" ]; do before=$(written); sleep 1; done',
    // Background processes of a script ignore the interrupt signal.
    "kill $pids; wait || true",
  ].join("\n");
  const { status, stderr } = spawnSync(
    "unshare",
    ["--net", "--pid", "--fork", "--kill-child", "bash", "-c", script],
    {
      encoding: "utf8",
      timeout: 30_000,
      killSignal: "SIGKILL",
    },
  );
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
}

describe(`tcpdump's own recordings${why}`, () => {
  test.skipIf(!canRecord)("on each kind of interface they have the same flows", { timeout: 60_000 }, () => {
    const recordings = {
      "ethernet.pcap": ["-i", "lo"],
      "cooked.pcap": ["-i", "any", "-y", "LINUX_SLL"],
      "cooked2.pcap": ["-i", "any", "-y", "LINUX_SLL2"],
      "nano.pcap": ["-i", "lo", "--time-stamp-precision=nano"],
      "snap.pcap": ["-i", "lo", "-s", "68"],
      "nflog.pcap": ["-i", "nflog:5"],
    };
    record(recordings);
    const flows = Object.keys(recordings).map((name) => {
      const { baseline } = observeBytes([readFileSync(join(folder, name))]);
      return [
        name,
        ...baseline.flows.map((flow) => `${line(flow)} ${flow.answered ? "answered" : "unanswered"}`),
        ...Object.keys(baseline.sources[0]!.accounting.rejected),
      ];
    });
    const expected = ["udp 127.0.0.1 -> 127.0.0.1 9100 answered", "tcp ::1 -> ::1 502 answered"];
    expect(flows).toEqual(Object.keys(recordings).map((name) => [name, ...expected]));
  });
});

const converters = ["editcap", "mergecap"].map(lacks).filter(Boolean);
const canConvert = converters.length === 0 && hasTraffic;
const convert = converters.length === 0 ? needsTraffic : ` [skipped: ${converters.join(" and ")} missing]`;

describe(`what Wireshark's tools make of a capture has the same flows${convert}`, () => {
  const original = "pcap/enip-cl5000-ip-address-change.pcap";
  const run = (tool: string, args: readonly string[]): Uint8Array => {
    const output = join(folder, "converted");
    const { status, stderr } = spawnSync(
      tool,
      args.map((arg) => (arg === "OUT" ? output : arg)),
      { encoding: "utf8" },
    );
    expect({ status, stderr }).toMatchObject({ status: 0 });
    return readFileSync(output);
  };
  const input = join(traffic, original);

  test.skipIf(!canConvert).each<[string, string, readonly string[]]>([
    ["pcapng", "editcap", ["-F", "pcapng", input, "OUT"]],
    ["pcap with nanoseconds", "editcap", ["-F", "nsecpcap", input, "OUT"]],
    ["pcap in Kuznetzov's form", "editcap", ["-F", "modpcap", input, "OUT"]],
    ["pcapng of one file merged with nothing", "mergecap", ["-F", "pcapng", "-w", "OUT", input]],
  ])("%s", (_, tool, args) => {
    const [converted, plain] = [run(tool, args), readTraffic(original)].map(
      (file) => observeBytes([file]).baseline.flows,
    );
    expect(converted).toEqual(plain);
    expect(plain!.length).toBeGreaterThan(20);
  });

  test.skipIf(!canConvert)("two captures of different link types in one pcapng", () => {
    const other = join(traffic, "pcap/opcua-binary-ipv6-loopback.pcap");
    const merged = observeBytes([run("mergecap", ["-F", "pcapng", "-w", "OUT", input, other])]).baseline
      .flows;
    const apart = observeBytes([readFileSync(input), readFileSync(other)]).baseline.flows;
    expect(merged.map(line)).toEqual(apart.map(line));
  });
});
