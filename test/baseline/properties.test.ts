import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { blocks, pcap } from "./support/captures.ts";
import { observeBytes, observeText } from "./support/observe.ts";
import { cooked, ethernet, icmp, ipv4, ipv6, sctp, tcp, udp } from "./support/packets.ts";

const host = fc.integer({ min: 1, max: 4 });
const port = fc.constantFrom(53, 502, 9100, 40_000, 50_000);

/** Packets of a few hosts and ports, so that they meet in the same flows; some are broken, some are no IP. */
const frame = fc
  .record({
    from: host,
    to: host,
    ports: fc.tuple(port, port),
    kind: fc.constantFrom("tcp", "udp", "sctp", "icmp", "gre", "fragment", "arp", "noise"),
    six: fc.boolean(),
    flags: fc.constantFrom(2, 18, 16, 17, 4),
    cut: fc.integer({ min: 0, max: 80 }),
  })
  .map(({ from, to, ports, kind, six, flags, cut }) => {
    const [protocol, payload] = {
      tcp: [6, tcp(...ports, flags, 5)] as const,
      udp: [17, udp(...ports)] as const,
      sctp: [132, sctp(...ports, 1)] as const,
      icmp: [six ? 58 : 1, icmp(six ? 128 : 8)] as const,
      gre: [47, new Uint8Array(4)] as const,
      fragment: [17, udp(...ports)] as const,
      arp: [0, new Uint8Array(28)] as const,
      noise: [255, new Uint8Array(9).fill(cut)] as const,
    }[kind];
    const packet = six
      ? ipv6(`fd00::${from}`, `fd00::${to}`, protocol, payload)
      : ipv4(`10.0.0.${from}`, `10.0.0.${to}`, protocol, payload, {
          id: from,
          fragment: kind === "fragment" ? cut : 0,
        });
    const type = kind === "arp" ? 0x0806 : six ? 0x86dd : 0x0800;
    const whole = ethernet(type, packet);
    return cut < 10 ? whole.subarray(0, whole.length - cut) : whole;
  });

const capture = fc.array(frame, { maxLength: 40 }).map((frames) => {
  const { section, interface: card, enhanced } = blocks("big");
  const packets = frames.map((data, index) => ({ data, seconds: 1000 + index }));
  return {
    frames,
    pcap: pcap(packets, { little: "big" }),
    pcapng: Buffer.concat([
      section(),
      card(1),
      ...packets.map(({ data, seconds }) => enhanced(0, BigInt(seconds) * 1_000_000n, data)),
    ]),
  };
});

const pieces = fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 5 });

describe("whatever a capture holds", () => {
  test("how its bytes are cut into pieces changes nothing", () => {
    fc.assert(
      fc.property(capture, pieces, ({ pcap: file, pcapng }, sizes) => {
        for (const form of [file, pcapng]) {
          expect(observeBytes([form], sizes)).toEqual(observeBytes([form]));
        }
      }),
    );
  });

  test("pcap and pcapng of the same packets give the same flows", () => {
    fc.assert(
      fc.property(capture, ({ pcap: file, pcapng }) => {
        expect(observeBytes([pcapng]).baseline.flows).toEqual(observeBytes([file]).baseline.flows);
      }),
    );
  });

  test("every packet is counted once: read = used + ignored + rejected, and used packets are in the flows", () => {
    fc.assert(
      fc.property(capture, fc.integer({ min: 0, max: 60 }), ({ frames, pcap: file }, lost) => {
        const { flows, sources } = observeBytes([
          file.subarray(0, Math.max(24, file.length - lost)),
        ]).baseline;
        const { read, used, ignored, rejected } = sources[0]!.accounting;
        const others = [...Object.values(ignored), ...Object.values(rejected)];
        expect(read).toBe(others.reduce((sum, count) => sum + count, used));
        expect(read).toBeLessThanOrEqual(frames.length);
        expect(flows.reduce((sum, { packets }) => sum + packets, 0)).toBe(used);
      }),
    );
  });

  test("the link layer makes no difference to the flows", () => {
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 20 }), (frames) => {
        const type = (data: Uint8Array): number => (data[12]! << 8) | data[13]!;
        const plain = pcap(frames.map((data) => ({ data })));
        const sll = pcap(
          frames.map((data) => ({ data: cooked(type(data), data.subarray(14)) })),
          { linkType: 113 },
        );
        expect(observeBytes([sll]).baseline.flows).toEqual(observeBytes([plain]).baseline.flows);
      }),
    );
  });

  test("noise in place of a capture's bytes is read or refused, never a crash", () => {
    fc.assert(
      fc.property(
        capture,
        fc.uint8Array({ minLength: 1, maxLength: 64 }),
        fc.nat(),
        ({ pcap: file, pcapng }, noise, at) => {
          for (const form of [file, pcapng]) {
            const damaged = Uint8Array.from(form);
            damaged.set(noise.subarray(0, damaged.length), at % Math.max(1, damaged.length - noise.length));
            try {
              observeBytes([damaged]);
            } catch (error) {
              expect((error as Error).constructor.name).toMatch(/^(SourceError|FormatError)$/);
            }
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  const logs = [
    '{"event_type":"flow","src_ip":"10.0.0.1","src_port":1,"dest_ip":"10.0.0.2","dest_port":2,"proto":"TCP","flow":{"start":"2026-01-01T00:00:00Z"}}',
    "ts,te,td,sa,da,sp,dp,pr,flg,ipkt\n2026-01-01 10:00:00,2026-01-01 10:00:01,1.5,10.0.0.1,10.0.0.2,1,2,TCP,......S.,5",
    '[{"src4_addr":"10.0.0.1","dst4_addr":"10.0.0.2","proto":6,"src_port":1,"dst_port":2}]',
    "[1700000000.5] [NEW] tcp 6 120 SYN_SENT src=10.0.0.1 dst=10.0.0.2 sport=1 dport=2 [UNREPLIED] src=10.0.0.2 dst=10.0.0.1 sport=2 dport=1",
    '<conntrack><flow><meta direction="original"><layer3><src>10.0.0.1</src></layer3></meta></flow></conntrack>',
    '{"ct.id":1,"ct.event":1,"orig.ip.protocol":6,"src_ip":"10.0.0.1","dest_ip":"10.0.0.2"}',
    "Nov 21 18:00:01 fw IN=a OUT=b SRC=10.0.0.1 DST=10.0.0.2 LEN=60 PROTO=TCP SPT=1 DPT=2 SYN ",
    "Nov 21 18:00:01 fw filterlog[7]: 8,,,9,em0,match,pass,in,4,0x0,,64,1,0,DF,6,tcp,60,10.0.0.1,10.0.0.2,1,2,0,S",
  ];
  const digits = fc.string({ unit: fc.constantFrom(...'0123456789.:-,=[]{}"<>/ \n\tA'), maxLength: 8 });

  test("noise within a log is read, counted or refused, never a crash, and every record is counted once", () => {
    fc.assert(
      fc.property(fc.constantFrom(...logs), digits, fc.nat(), fc.nat(8), (text, noise, place, cut) => {
        const at = place % text.length;
        const damaged = `${text}\n${text.slice(0, at)}${noise}${text.slice(at + cut)}\n`;
        try {
          const { sources } = observeText(damaged, { timezone: "UTC", year: 2026 }).baseline;
          const { read, used, ignored, rejected } = sources[0]!.accounting;
          const others = [...Object.values(ignored), ...Object.values(rejected)];
          expect(others.reduce((sum, count) => sum + count, used)).toBe(read);
        } catch (error) {
          expect((error as Error).constructor.name).toMatch(/^(SourceError|FormatError)$/);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
