import { describe, expect, test } from "vitest";
import { blocks, pcap } from "./support/captures.ts";
import { observeBytes, observeText } from "./support/observe.ts";
import { be16, bytes, ethernet, fragment6, icmp, ipv4, ipv6, tcp, tcpFlags, udp } from "./support/packets.ts";

const reason = "seen at a second observation point";
const [master, plc] = ["10.0.0.1", "10.0.0.2"];

/** The same packet as another segment has it: the cards of a router, another tag. */
const otherLink = (packet: Uint8Array, vlan = 20): Uint8Array =>
  bytes(2, 0, 0, 0, 9, 9, 2, 0, 0, 0, 9, 8, 0x81, 0, be16(vlan), 0x08, 0, packet);
const here = (packet: Uint8Array): Uint8Array => ethernet(0x0800, packet);

/** What was counted, and how many copies were left out. @param at microseconds of the second packet and on. */
function observed(frames: readonly Uint8Array[], at: readonly number[]): readonly [number, number] {
  const file = pcap(
    frames.map((data, index) => {
      const time = index === 0 ? 0 : at[index - 1]!;
      return { data, seconds: 1_700_000_000 + Math.floor(time / 1e6), fraction: time % 1e6 };
    }),
  );
  return counted(file);
}

function counted(file: Uint8Array): readonly [number, number] {
  const { flows, attempts = [], sources } = observeBytes([file]).baseline;
  const { read, used, ignored } = sources[0]!.accounting;
  expect(used + Object.values(ignored).reduce((sum, count) => sum + count, 0)).toBe(read);
  const sum = [...flows, ...attempts].reduce((all, { packets }) => all + packets, 0);
  expect(sum).toBe(used);
  return [used, ignored[reason] ?? 0];
}

const poll = (id: number, sequence: number, ttl = 64): Uint8Array =>
  ipv4(master, plc, 6, tcp(40_000, 502, tcpFlags.ack, 12, sequence), { id, ttl });
const datagram = (id: number, ttl = 64): Uint8Array => ipv4(master, plc, 17, udp(5000, 5000), { id, ttl });

describe("the copies of a packet count once", () => {
  test("a mirror port that copies what comes in and what goes out", () => {
    expect(observed([here(poll(7, 0)), here(poll(7, 0))], [20])).toEqual([1, 1]);
  });

  test("the same, of a sender that numbers no packets, by the sequence number of the data", () => {
    expect(observed([here(poll(0, 1)), here(poll(0, 1))], [20])).toEqual([1, 1]);
  });

  test("both sides of a router: other cards, a tag, a hop less", () => {
    expect(observed([here(poll(7, 0)), otherLink(poll(7, 0, 63))], [900])).toEqual([1, 1]);
  });

  test("three points, and packets of others between them", () => {
    const others = [1, 2, 3, 4, 5].map((id) => here(datagram(id)));
    const frames = [here(poll(7, 0)), ...others, otherLink(poll(7, 0, 63)), otherLink(poll(7, 0, 62), 30)];
    expect(observed(frames, [1, 2, 3, 4, 5, 6, 7])).toEqual([6, 2]);
  });

  test("datagrams and acknowledgements without a number that came over another link, or with a hop less", () => {
    const acknowledgement = ipv4(master, plc, 6, tcp(40_000, 502, tcpFlags.ack));
    expect(observed([here(datagram(0)), otherLink(datagram(0))], [50])).toEqual([1, 1]);
    expect(observed([here(datagram(0)), here(datagram(0, 63))], [50])).toEqual([1, 1]);
    expect(observed([here(acknowledgement), otherLink(acknowledgement)], [50])).toEqual([1, 1]);
  });

  test("equal frames of two interfaces of one pcapng file", () => {
    const { section, interface: port, enhanced } = blocks("little");
    const file = (second: number): Uint8Array =>
      Buffer.concat([
        section(),
        port(1),
        port(1),
        enhanced(0, 10n, here(datagram(0))),
        enhanced(second, 30n, here(datagram(0))),
      ]);
    expect(counted(file(1))).toEqual([1, 1]);
    expect(counted(file(0))).toEqual([2, 0]);
  });

  test("IPv6: a hop less", () => {
    const packet = (hops: number): Uint8Array =>
      ethernet(0x86dd, ipv6("fd00::1", "fd00::2", 17, udp(5000, 5000), hops));
    expect(observed([packet(64), packet(63)], [50])).toEqual([1, 1]);
    expect(observed([packet(64), packet(64)], [50])).toEqual([2, 0]);
  });

  test("every fragment of a packet", () => {
    const first = ipv4(master, plc, 17, udp(5000, 5000, 8), { id: 9, fragment: 0x2000 });
    const later = (fragment: number): Uint8Array =>
      ipv4(master, plc, 17, new Uint8Array(16), { id: 9, fragment });
    const parts = [first, later(0x2002), later(4)].map(here);
    expect(observed([...parts, ...parts], [1, 2, 3, 4, 5])).toEqual([3, 3]);
    const sixth = (offset: number, more: 0 | 1, id: number, payload: Uint8Array): Uint8Array =>
      ethernet(0x86dd, ipv6("fd00::1", "fd00::2", 44, fragment6(17, offset, more, id, payload)));
    const parts6 = [5, 6].flatMap((id) => [
      sixth(0, 1, id, udp(5000, 5000)),
      sixth(2, 0, id, new Uint8Array(16)),
    ]);
    expect(observed([...parts6, ...parts6], [1, 2, 3, 4, 5, 6, 7])).toEqual([4, 4]);
  });

  test("the period of a flow is that of its polls, not that of its copies", () => {
    const answer = (id: number, sequence: number, ttl = 64): Uint8Array =>
      ipv4(plc, master, 6, tcp(502, 40_000, tcpFlags.ack, 12, sequence), { id, ttl });
    const file = pcap(
      Array.from({ length: 40 }, (_, index) => index).flatMap((index) =>
        [
          here(poll(index + 1, 12 * index)),
          otherLink(poll(index + 1, 12 * index, 63)),
          here(answer(index + 1, 12 * index)),
          otherLink(answer(index + 1, 12 * index, 63)),
        ].map((data, place) => ({ data, seconds: 1_700_000_000 + 2 * index, fraction: 700 * place })),
      ),
    );
    const { flows } = observeBytes([file]).baseline;
    expect(flows).toMatchObject([{ packets: 80, cadence: { period: 2 } }]);
  });
});

describe("what only looks alike counts as often as it was sent", () => {
  test("a retransmission: later, or with another number", () => {
    expect(observed([here(poll(7, 0)), here(poll(7, 0))], [200_000])).toEqual([2, 0]);
    expect(observed([here(poll(7, 0)), here(poll(8, 0))], [1000])).toEqual([2, 0]);
    expect(observed([here(poll(0, 0)), here(poll(0, 0))], [200_000])).toEqual([2, 0]);
  });

  test("Modbus polls in close order: their sequence numbers differ", () => {
    const polls = Array.from({ length: 50 }, (_, index) => here(poll(0, 12 * index)));
    expect(observed(polls, [...polls.keys()])).toEqual([50, 0]);
  });

  test("datagrams with equal payload: other numbers, or none and sent again over the same link", () => {
    expect(observed([here(datagram(1)), here(datagram(2))], [100])).toEqual([2, 0]);
    expect(observed([here(datagram(0)), here(datagram(0))], [1_000_000])).toEqual([2, 0]);
    expect(observed([here(datagram(0)), here(datagram(0))], [1000])).toEqual([2, 0]);
    expect(observed([here(datagram(0)), otherLink(datagram(0))], [1_000_000])).toEqual([2, 0]);
  });

  test("duplicate acknowledgements and echo requests of a sender without numbers", () => {
    const acknowledgement = here(ipv4(master, plc, 6, tcp(40_000, 502, tcpFlags.ack)));
    const echo = here(ipv4(master, plc, 1, icmp(8)));
    expect(observed([acknowledgement, acknowledgement], [100])).toEqual([2, 0]);
    expect(observed([echo, echo], [100])).toEqual([2, 0]);
  });

  test("packets that differ within the transport header alone, to its last byte", () => {
    const varied = (place: number): Uint8Array => {
      const packet = Uint8Array.from(datagram(7));
      packet[20 + place] = 99;
      return here(packet);
    };
    // But for its length, which would be none of the packet.
    const places = Array.from({ length: 16 }, (_, place) => place).filter(
      (place) => place !== 4 && place !== 5,
    );
    const frames = [here(datagram(7)), ...places.map(varied)];
    expect(new Set(frames.map((frame) => Buffer.from(frame).toString("hex"))).size).toBe(15);
    const { sources } = observeBytes([pcap(frames.map((data) => ({ data })))]).baseline;
    expect(sources[0]!.accounting).toMatchObject({ used: 15, ignored: {} });
  });

  test("lines of a log: it rounds times, and numbers nothing", () => {
    const logged =
      "2026-03-02T10:00:00+00:00 fw kernel: in: IN=eth0 OUT=eth1 MAC=02:00:00:00:00:01:02:00:00:00:00:02:08:00 " +
      "SRC=10.0.0.1 DST=10.0.0.2 LEN=52 TOS=0x00 PREC=0x00 TTL=64 ID=0 DF PROTO=TCP SPT=40000 DPT=502 WINDOW=229 " +
      "RES=0x00 ACK PSH URGP=0\n";
    const { sources } = observeText(logged + logged).baseline;
    expect(sources[0]!.accounting).toMatchObject({ used: 2, ignored: {} });
  });
});
