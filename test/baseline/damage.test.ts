import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { blocks, pcap, type Recorded } from "./support/captures.ts";
import { observeBytes } from "./support/observe.ts";
import { bytes, ethernet, icmp, ipv4, ipv6, tcp, tcpFlags, udp } from "./support/packets.ts";

const [master, plc] = ["10.0.0.1", "10.0.0.2"];
/** Polls of different length: no two frames tell of a device that slices them. */
const poll = (index: number): Uint8Array =>
  ethernet(0x0800, ipv4(master!, plc!, 6, tcp(40_000, 502, tcpFlags.ack, 12 + (index % 50), 12 * index)));
const whole = poll(1000);
const datagram = (payload = 30): Uint8Array =>
  ethernet(0x0800, ipv4(master!, plc!, 17, udp(5000, 5000, payload)));

/** A frame with other bytes at a place. */
const changed = (frame: Uint8Array, at: number, ...values: readonly number[]): Uint8Array => {
  const copy = Uint8Array.from(frame);
  copy.set(values, at);
  return copy;
};

/** A hundred sound packets with one of another kind in the middle. */
const among = (...odd: readonly Recorded[]): Uint8Array => {
  const sound = Array.from({ length: 100 }, (_, index): Recorded => ({ data: poll(index) }));
  return pcap([...sound.slice(0, 60), ...odd, ...sound.slice(60)]);
};
const judged = (file: Uint8Array) => {
  const { baseline, warnings } = observeBytes([file]);
  return {
    rejected: baseline.sources[0]!.accounting.rejected,
    used: baseline.sources[0]!.accounting.used,
    findings: warnings.map(({ code, severity }) => `${severity} ${code}`),
    warnings,
  };
};

const damages: readonly (readonly [what: string, frame: Uint8Array, reason: string])[] = [
  ["another version", changed(whole, 14, 0x75), "malformed IP header"],
  ["the version of the other family", changed(whole, 12, 0x86, 0xdd), "malformed IP header"],
  ["a header of 8 bytes", changed(whole, 14, 0x42), "malformed IP header"],
  ["a total length within the header", changed(whole, 16, 0, 12), "malformed IP header"],
  ["a total length beyond the frame", changed(whole, 16, 9, 99), "IP packet longer than its frame"],
  [
    "a payload length beyond the frame",
    changed(ethernet(0x86dd, ipv6("fd00::1", "fd00::2", 17, udp(5000, 5000))), 18, 9, 99),
    "IP packet longer than its frame",
  ],
  ["no end of its IP header", whole.subarray(0, 30), "ends inside the IP header"],
  ["no end of its tag", bytes(whole.subarray(0, 12), 0x81, 0, 7), "ends inside the link header"],
  ["a data offset of nothing", changed(whole, 46, 0), "malformed TCP header"],
  ["a data offset beyond the packet", changed(whole, 46, 0xf0), "malformed TCP header"],
  ["half a TCP header", ethernet(0x0800, ipv4(master!, plc!, 6, new Uint8Array(10))), "malformed TCP header"],
  ["a UDP length below its header", changed(datagram(), 38, 0, 5), "malformed UDP header"],
  ["a UDP length beyond the packet", changed(datagram(), 38, 9, 99), "malformed UDP header"],
];

describe("a capture in which more than one packet in a thousand is damaged is refused", () => {
  test.each(damages)("%s", (_, data, reason) => {
    const { rejected, used, findings } = judged(among({ data }));
    expect(rejected).toEqual({ [reason]: 1 });
    expect(used).toBe(100);
    expect(findings).toEqual(["error baseline/rejects"]);
  });

  test("it shows the first of them: which packet, where in the file, what was expected, what is there, and what to do", () => {
    const { warnings } = judged(among({ data: changed(whole, 14, 0x75) }));
    const at =
      24 +
      Array.from({ length: 60 }, (_, index) => 16 + poll(index).length).reduce((sum, size) => sum + size);
    expect(warnings[0]!.message).toContain(
      "1 of 101 packets could not be read, more than 0.1 %: a baseline of the others would miss flows",
    );
    expect(warnings[0]!.message).toContain(
      `malformed IP header: packet 61 at byte ${at} of the file: expected the version that`,
    );
    expect(warnings[0]!.message).toContain(
      "; found 7500003400000000400600000a0000010a000002 from its byte 14 on",
    );
    expect(warnings[0]!.fix).toMatch(/record again; or take them out: tshark -r IN -w OUT -Y/);
  });

  test("one in a thousand is told with its file, and no more", () => {
    const sound = Array.from({ length: 999 }, (_, index): Recorded => ({ data: poll(index) }));
    const { rejected, findings } = judged(pcap([...sound, { data: changed(whole, 14, 0x75) }]));
    expect(rejected).toEqual({ "malformed IP header": 1 });
    expect(findings).toEqual([]);
  });

  test("pcapng: what its blocks say of a packet counts too", () => {
    const { section, interface: port, enhanced } = blocks("little");
    const tooLong = Buffer.from(enhanced(0, 0n, poll(0)));
    tooLong.writeUInt32LE(5000, 20);
    const head = Buffer.concat([section(), port(1), enhanced(0, 0n, poll(1))]);
    const { rejected, warnings } = judged(Buffer.concat([head, enhanced(7, 0n, poll(2)), tooLong]));
    expect(rejected).toEqual({ "names an interface that no block describes": 1, "longer than its block": 1 });
    expect(warnings).toMatchObject([{ code: "baseline/rejects", severity: "error" }]);
    expect(warnings[0]!.message).toContain(
      `packet 2 at byte ${head.length} of the file: expected the number of an interface block`,
    );
  });

  test("the command that takes damage out, which the refusal names, leaves a capture that is read", () => {
    const folder = mkdtempSync(join(tmpdir(), "sluice-damage-"));
    try {
      const [before, after] = [join(folder, "before.pcap"), join(folder, "after.pcap")];
      // A tag that ends is no IP packet: nothing of it is a flow, and Wireshark has no name for it.
      const file = among(
        ...damages.filter(([what]) => what !== "no end of its tag").map(([, data]) => ({ data })),
      );
      writeFileSync(before, file);
      const command = /tshark -r IN -w OUT -Y '(.*)'$/.exec(judged(file).warnings[0]!.fix!)!;
      const run = spawnSync("tshark", ["-r", before, "-F", "pcap", "-w", after, "-Y", command[1]!], {
        encoding: "utf8",
      });
      expect(run.status, run.stderr).toBe(0);
      expect(judged(readFileSync(after))).toMatchObject({ rejected: {}, used: 100, findings: [] });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe("what is no damage is read", () => {
  const long = (frame: Uint8Array): Recorded => ({ data: frame.subarray(0, 40), wire: frame.length });
  test.each<[string, Recorded]>([
    ["a snap length that leaves the ports", long(whole)],
    ["a total length of 0, before a card segments it", { data: changed(whole, 16, 0, 0) }],
    [
      "a payload length of 0, of a jumbogram",
      { data: changed(ethernet(0x86dd, ipv6("fd00::1", "fd00::2", 17, udp(5000, 5000, 40))), 18, 0, 0) },
    ],
    ["a UDP length of 0", { data: changed(datagram(), 38, 0, 0) }],
    ["a checksum that a card writes later", { data: changed(whole, 24, 0x12, 0x34) }],
    ["padding, and a check sum of the frame", { data: bytes(whole, new Uint8Array(10)) }],
    ["a UDP datagram that is shorter than its packet", { data: changed(datagram(), 38, 0, 12) }],
    [
      "options",
      { data: ethernet(0x0800, ipv4(master!, plc!, 6, tcp(40_000, 502, tcpFlags.ack), { options: 40 })) },
    ],
    ["flags that no stack sets", { data: ethernet(0x0800, ipv4(master!, plc!, 6, tcp(40_000, 502, 0x3f))) }],
    ["an echo request of nothing else", { data: ethernet(0x0800, ipv4(master!, plc!, 1, icmp(8))) }],
    [
      "the first of tiny fragments",
      {
        data: ethernet(
          0x0800,
          ipv4(master!, plc!, 6, tcp(40_000, 502, tcpFlags.syn).subarray(0, 8), { id: 5, fragment: 0x2000 }),
        ),
      },
    ],
  ])("%s", (_, packet) => {
    expect(judged(among(packet))).toMatchObject({ rejected: {}, used: 101, findings: [] });
  });

  test("frames that a switch sliced on the way to the recorder, where none is longer", () => {
    const sliced = Array.from(
      { length: 100 },
      (_, index): Recorded => ({ data: poll(index).subarray(0, 60) }),
    );
    expect(judged(pcap(sliced))).toMatchObject({ rejected: {}, used: 100, findings: [] });
  });

  test("what is not read here, and what a snap length cut off within a header, are warned of", () => {
    const cut = { data: whole.subarray(0, 36), wire: whole.length };
    expect(judged(among(cut))).toMatchObject({
      rejected: { "cut short in the transport header": 1 },
      findings: ["warning baseline/cut-packets"],
    });
  });
});
