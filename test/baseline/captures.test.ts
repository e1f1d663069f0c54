import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { blocks, pcap } from "./support/captures.ts";
import { line, lines, observeBytes } from "./support/observe.ts";
import { bytes, ethernet, ipv4, ipv6, tcp, tcpFlags } from "./support/packets.ts";

const syn = ipv4("10.0.0.1", "10.0.0.2", 6, tcp(40_000, 502, tcpFlags.syn));
const data = ethernet(0x0800, syn);
const flow = "tcp 10.0.0.1 -> 10.0.0.2 502";
const firstSeen = (file: Uint8Array): string | undefined => observeBytes([file]).baseline.flows[0]!.firstSeen;

describe("pcap", () => {
  test.each([
    ["little", "micro", 123_456],
    ["big", "micro", 123_456],
    ["little", "nano", 123_456_789],
    ["big", "nano", 123_456_789],
  ] as const)("%s endian, %s seconds", (little, units, fraction) => {
    const file = pcap([{ data, seconds: 1_700_000_000, fraction }], { little, units });
    expect(lines([file])).toEqual([flow]);
    expect(firstSeen(file)).toMatch(/^2023-11-14T22:13:20\.12345[67]Z$/);
  });

  test("a capture cut off in a packet is used up to there, and says so", () => {
    const file = pcap([{ data }, { data }, { data }]);
    const { baseline, warnings } = observeBytes([file.subarray(0, file.length - 10)]);
    expect(baseline.flows.map(line)).toEqual([flow]);
    expect(baseline.sources[0]!.accounting).toMatchObject({
      read: 3,
      used: 2,
      rejected: { "cut short by the end of the file": 1 },
    });
    expect(warnings[0]!.message).toContain("the file ends inside packet 3, which starts at byte 164");
  });

  test("a record that claims more than can be captured is damage, named by packet and byte", () => {
    const file = Buffer.from(pcap([{ data }, { data }]));
    file.writeUInt32LE(0x7fff_ffff, 24 + 16 + data.length + 8);
    expect(() => observeBytes([file])).toThrow(/^packet 2 at byte 94 claims 2147483647 captured bytes/);
  });

  const others = [
    ["Nokia's firewalls", "nokiapcap"],
    ["Red Hat 6.1", "rh6_1pcap"],
    ["SuSE 6.3", "suse6_3pcap"],
    ["Kuznetzov's variant", "modpcap"],
  ] as const;
  test.each(others)("%s: record headers of another length are told by what they hold", (_, variant) => {
    const folder = mkdtempSync(join(tmpdir(), "sluice-pcap-"));
    try {
      const times = [0, 700, 3600].map((seconds) => ({ data, seconds: 1_700_000_000 + seconds }));
      for (const packets of [[{ data }], times, new Array(500).fill({ data })]) {
        const [from, to] = [join(folder, "usual.pcap"), join(folder, "other.pcap")];
        writeFileSync(from, pcap(packets));
        execFileSync("editcap", ["-F", variant, from, to]);
        const file = readFileSync(to);
        expect(file.length).toBeGreaterThan(readFileSync(from).length);
        const { baseline, warnings } = observeBytes([file], [16_500, 7]);
        const usual = observeBytes([readFileSync(from)]).baseline;
        expect(baseline.flows).toEqual(usual.flows);
        expect(baseline.sources[0]!.accounting).toEqual(usual.sources[0]!.accounting);
        expect(warnings).toEqual([]);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test("a file that ends in its header is refused", () => {
    expect(() => observeBytes([pcap([]).subarray(0, 20)])).toThrow(
      /ends after 20 bytes, inside the 24 bytes/,
    );
  });

  test("a capture without packets is an empty baseline", () => {
    const { baseline } = observeBytes([pcap([])]);
    expect(baseline.flows).toEqual([]);
    expect(baseline.sources[0]!.accounting.read).toBe(0);
  });
});

describe("pcapng", () => {
  const seconds = 1_700_000_000n;
  test.each(["little", "big"] as const)("%s endian, every kind of packet block", (order) => {
    const { section, interface: port, enhanced, simple, obsolete, other } = blocks(order);
    const file = Buffer.concat([
      section(),
      other(0x0bad, 4000),
      port(1),
      other(5, 12),
      enhanced(0, seconds * 1_000_000n, data),
      simple(data),
      obsolete(0, seconds * 1_000_000n, data),
    ]);
    const { baseline } = observeBytes([file]);
    expect(baseline.flows).toMatchObject([{ packets: 3, firstSeen: "2023-11-14T22:13:20.000000Z" }]);
  });

  test.each<[string, number, bigint]>([
    ["nanoseconds", 9, seconds * 1_000_000_000n],
    ["tenths of a second", 1, seconds * 10n],
    ["binary fractions", 0x80 | 10, seconds * 1024n],
  ])("time stamps in %s", (_, resolution, ticks) => {
    const { section, interface: port, enhanced } = blocks("little");
    const file = Buffer.concat([section(), port(1, [[9, bytes(resolution)]]), enhanced(0, ticks, data)]);
    expect(firstSeen(file)).toBe("2023-11-14T22:13:20.000000Z");
  });

  test("the offset of an interface is added to its times", () => {
    const { section, interface: port, enhanced, option64 } = blocks("big");
    const file = Buffer.concat([
      section(),
      port(1, [[14, option64(seconds)]]),
      enhanced(0, 1_500_000n, data),
    ]);
    expect(firstSeen(file)).toBe("2023-11-14T22:13:21.500000Z");
  });

  test("sections of different byte order, each with interfaces of its own", () => {
    const [little, big] = [blocks("little"), blocks("big")];
    const other = ipv6("fd00::1", "fd00::2", 6, tcp(40_000, 502, tcpFlags.syn));
    const file = Buffer.concat([
      little.section(),
      little.interface(1),
      little.interface(101),
      little.enhanced(0, 0n, data),
      little.enhanced(1, 1_000_000n, syn),
      big.section(),
      big.interface(229),
      big.enhanced(0, 0n, other),
      big.enhanced(1, 0n, other),
    ]);
    const { baseline } = observeBytes([file]);
    expect(baseline.flows.map(({ packets, responder }) => [packets, responder])).toEqual([
      [2, "10.0.0.2"],
      [1, "fd00::2"],
    ]);
    expect(baseline.sources[0]!.accounting.rejected).toEqual({
      "names an interface that no block describes": 1,
    });
  });

  test("a simple packet block holds no more than the interface's snap length", () => {
    const { section, interface: port, simple } = blocks("little");
    const file = Buffer.concat([section(), port(1, [], 50), simple(data.subarray(0, 50), 1000)]);
    expect(observeBytes([file]).baseline.flows).toMatchObject([{ packets: 1 }]);
  });

  test("a file cut off in a block, or in one that is skipped, is used up to there", () => {
    const { section, interface: port, enhanced, other } = blocks("little");
    const start = Buffer.concat([section(), port(1), enhanced(0, 0n, data)]);
    for (const last of [enhanced(0, 0n, data), other(0x0bad, 500)]) {
      const { baseline, warnings } = observeBytes([Buffer.concat([start, last.subarray(0, 30)])]);
      expect(baseline.flows.map(line)).toEqual([flow]);
      expect(warnings[0]!.message).toContain(`block 4 (1 packets were read), which starts at byte`);
    }
  });

  test("a block whose two lengths differ is damage, named by block and byte", () => {
    const { section, interface: port, enhanced } = blocks("little");
    const broken = Buffer.from(enhanced(0, 0n, data));
    broken.writeUInt32LE(64, broken.length - 4);
    expect(() => observeBytes([Buffer.concat([section(), port(1), broken])])).toThrow(
      /block 3 at byte \d+: found a block whose two lengths differ/,
    );
  });
});

describe("other files", () => {
  test.each<[string, Uint8Array, RegExp]>([
    ["an empty file", bytes(), /the file is empty/],
    ["gzip in gzip", bytes(0x1f, 0x8b, 8, 0), /gzip -dc/],
    ["Network Monitor", Buffer.from("GMBU\0\u0002"), /Network Monitor capture: convert it with `editcap/],
    ["UTF-16", Buffer.from("\ufeff#separator", "utf16le"), /iconv -f UTF-16/],
    ["a tar archive", bytes(new Uint8Array(257), Buffer.from("ustar\0")), /unpack it first/],
    ["what nfcapd writes", bytes(0x0c, 0xa5, 2, 0), /nfdump -r FILE/],
    ["xz", bytes(0xfd, 0x37, 0x7a, 0x58, 0x5a, 0), /xz -dc/],
    ["some text", Buffer.from("hello, world\n"), /the format is not known \(it starts with the bytes 68 65/],
  ])("%s is refused with what to do", (_, file, message) => {
    expect(() => observeBytes([file])).toThrow(message);
  });
});
