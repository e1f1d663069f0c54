import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { pcap } from "./support/captures.ts";
import { observeText } from "./support/observe.ts";
import { ethernet, ipv4, tcp, tcpFlags, udp } from "./support/packets.ts";

const folder = mkdtempSync(join(tmpdir(), "sluice-exporters-"));
afterAll(() => rmSync(folder, { recursive: true }));

const lacks = (tool: string): string => (spawnSync(tool, ["-h"]).error === undefined ? "" : tool);
const missing = ["unshare", "ip", "softflowd", "nfcapd", "nfdump"].map(lacks).filter(Boolean);
const canExport = missing.length === 0 && spawnSync("unshare", ["--net", "true"]).status === 0;
const why = canExport ? "" : ` [skipped: needs ${missing.join(", ") || "root for a network namespace"}]`;

/** Two sessions that are polled every second for two minutes, and datagrams that are answered; without their openings. */
const capture = pcap(
  Array.from({ length: 120 }, (_, second) => second).flatMap((second) => {
    const send = (from: string, to: string, ports: readonly [number, number], milliseconds: number) => ({
      data: ethernet(
        0x0800,
        ipv4(from, to, 6, tcp(...ports, tcpFlags.ack, 12, 12 * second), { id: second + 1 }),
      ),
      seconds: 1_700_000_000 + second,
      fraction: 1000 * milliseconds,
    });
    const datagram = (from: string, to: string, milliseconds: number) => ({
      ...send(from, to, [0, 0], milliseconds),
      data: ethernet(0x0800, ipv4(from, to, 17, udp(47_808, 47_808), { id: second + 1 })),
    });
    return [
      ...[2, 3].flatMap((plc) => [
        send("10.0.0.1", `10.0.0.${plc}`, [40_000 + plc, 502], 10 * plc),
        send(`10.0.0.${plc}`, "10.0.0.1", [502, 40_000 + plc], 10 * plc + 5),
      ]),
      datagram("10.0.0.1", "10.0.0.9", 100),
      datagram("10.0.0.9", "10.0.0.1", 105),
    ];
  }),
);

/**
 * What nfdump prints of the same traffic from exporters that each have an address of their own, or share the first one.
 * @param timeouts of each exporter.
 */
function exported(
  timeouts: readonly string[],
  addresses: readonly number[],
): Readonly<Record<"csv" | "json", string>> {
  writeFileSync(join(folder, "seen.pcap"), capture);
  const script = [
    "set -e",
    "ip link set lo up",
    ...[1, 2].flatMap((exporter) => [
      `ip addr add 10.9.0.${exporter}/32 dev lo`,
      `ip addr add 10.8.0.${exporter}/32 dev lo`,
      `ip route change local 10.8.0.${exporter} dev lo src 10.9.0.${exporter} table local`,
    ]),
    "rm -rf flows; mkdir flows",
    "nfcapd -w flows -p 9995 -t 3600 -T all >/dev/null 2>&1 & collector=$!",
    "until grep -q :270B /proc/net/udp /proc/net/udp6; do sleep 0.05; done",
    ...timeouts.map(
      (timeout, index) =>
        `softflowd -r seen.pcap -a -n 10.8.0.${addresses[index]}:9995 -v 9 -d -p ./pid -c none ${timeout} >/dev/null 2>&1`,
    ),
    // What was sent lies in the collector's socket, which it reads before the signal ends it.
    "sleep 0.5; kill $collector; wait $collector || true",
    "nfdump -R flows -o csv; echo ===; nfdump -R flows -o json",
  ].join("\n");
  const { status, stdout, stderr } = spawnSync("unshare", ["--net", "sh", "-c", script], {
    cwd: folder,
    encoding: "utf8",
    env: { ...process.env, TZ: "UTC" },
  });
  expect(status, stderr).toBe(0);
  const [csv = "", json = ""] = stdout.split("===\n");
  return { csv, json };
}

const seen = (text: string) => {
  const { baseline, warnings } = observeText(text, { timezone: "UTC" });
  return {
    flows: baseline.flows.map(({ initiator, responder, port, packets, bytes }) => [
      initiator,
      responder,
      port,
      packets,
      bytes,
    ]),
    codes: warnings.map(({ code }) => code),
    copies: baseline.sources[0]!.copies,
  };
};

describe.skipIf(!canExport)(`softflowd's records, collected by nfcapd and printed by nfdump${why}`, () => {
  const [usual, sliced] = ["", "-t maxlife=35 -t expint=0 -m 20"];
  test.each(["csv", "json"] as const)(
    "two exporters on the way of the same traffic count once, %s",
    (form) => {
      const alone = seen(exported([usual], [1])[form]);
      expect(alone.flows.map(([, , , packets]) => packets)).toEqual([240, 240, 240]);
      for (const timeouts of [
        [usual, usual],
        [usual, sliced],
      ]) {
        const both = seen(exported(timeouts, [1, 2])[form]);
        expect(both.flows).toEqual(alone.flows);
        expect(both.codes).toEqual([]);
        expect(both.copies).toMatchObject([{ packets: 720, observers: ["10.9.0.1 #1", "10.9.0.2 #2"] }]);
      }
    },
  );

  test("two that share an address: copies count once where they can be told, and else the log is refused", () => {
    const alike = seen(exported([usual, usual], [1, 1]).csv);
    expect(alike.flows.map(([, , , packets]) => packets)).toEqual([240, 240, 240]);
    expect(seen(exported([usual, sliced], [1, 1]).csv).codes).toEqual(["baseline/several-observers"]);
  });
});
