import { describe, expect, test } from "vitest";
import type { AddressLink } from "../../src/baseline/flow.ts";
import { pcap } from "./support/captures.ts";
import { observeBytes, observeText } from "./support/observe.ts";
import { be16, bytes, ipv4, ipv6, tcp, tcpFlags, udp } from "./support/packets.ts";

const [plc, master, remote] = ["10.1.0.10", "10.1.0.1", "10.9.0.7"];
const [plcCard, masterCard, newCard, routerCard] = [
  "00:0e:8c:01:02:03",
  "00:1b:1b:0a:0b:0c",
  "00:0e:8c:99:99:99",
  "00:00:0c:11:22:33",
];

const card = (mac: string): Uint8Array => Buffer.from(mac.replaceAll(":", ""), "hex");
/** @param tags identifiers of VLAN tags, the outermost first; with QinQ's own type in front of several. */
const sent = (mac: string, packet: Uint8Array, tags: readonly number[] = [], type = 0x0800): Uint8Array =>
  bytes(
    card("02:00:00:00:00:09"),
    card(mac),
    ...tags.map((tag, index) => bytes(be16(index + 1 < tags.length ? 0x88a8 : 0x8100), be16(tag))),
    be16(type),
    packet,
  );
let number = 0;
const packet = (from: string, to: string, ttl = 64): Uint8Array => {
  number += 1;
  return ipv4(from, to, 17, udp(5000, 5001), { ttl, id: number });
};
const arp = (mac: string, address: string, operation = 2): Uint8Array =>
  bytes(
    Buffer.from("000108000604", "hex"),
    be16(operation),
    card(mac),
    ...address.split(".").map(Number),
    new Uint8Array(10),
  );

/** Frames ten seconds apart. */
const observed = (...frames: readonly Uint8Array[]) =>
  observeBytes([pcap(frames.map((data, index) => ({ data, seconds: 1_700_000_000 + 10 * index })))]).baseline;
const short = ({ address, mac, vlan, seen }: AddressLink): string =>
  [address, mac ?? "?", vlan?.join(".") ?? "untagged", seen].join(" ");
const links = (...frames: readonly Uint8Array[]) => (observed(...frames).links ?? []).map(short);

describe("an address is seen with the card and the VLAN that it sends from", () => {
  test("tagged, in a tunnel of tags, and with a priority that is no VLAN", () => {
    expect(
      links(
        sent(plcCard, packet(plc!, master!), [20]),
        sent(plcCard, packet(plc!, master!), [0xe014]),
        sent(masterCard, packet(master!, plc!), [100, 30]),
        sent(newCard, packet("10.1.0.11", master!), [0xe000]),
      ),
    ).toEqual([
      `${master} ${masterCard} 100.30 1`,
      `${plc} ${plcCard} 20 2`,
      `10.1.0.11 ${newCard} untagged 1`,
    ]);
  });

  test("by ARP, whose probes have no address yet", () => {
    expect(links(sent(plcCard, arp(plcCard, plc!), [20], 0x0806))).toEqual([`${plc} ${plcCard} 20 1`]);
    expect(links(sent(plcCard, arp(plcCard, "0.0.0.0", 1), [], 0x0806))).toEqual([]);
  });

  test("IPv6, but neither link-local addresses nor group cards", () => {
    const six = (from: string): Uint8Array => ipv6(from, "fd00::2", 17, udp(5000, 5001));
    expect(
      links(sent(plcCard, six("fd00::1"), [20], 0x86dd), sent(plcCard, six("fe80::1"), [20], 0x86dd)),
    ).toEqual([`fd00::1 ${plcCard} 20 1`]);
    expect(links(sent("03:00:00:00:00:01", packet(plc!, master!)))).toEqual([]);
  });
});

describe("what says nothing of a device is left out:", () => {
  test("a router's card, by the hop that it takes off, and its own address by ARP is kept", () => {
    expect(
      links(
        sent(routerCard, packet(remote!, plc!, 63)),
        sent(routerCard, packet("10.1.0.254", plc!, 255)),
        sent(routerCard, arp(routerCard, "10.1.0.254"), [], 0x0806),
      ),
    ).toEqual([`10.1.0.254 ${routerCard} untagged 2`]);
  });

  test("a firewall's card that takes no hop off, by the number of addresses behind it", () => {
    const many = Array.from({ length: 9 }, (_, host) => sent(routerCard, packet(`10.9.0.${host + 1}`, plc!)));
    expect(links(...many)).toEqual([]);
  });

  test.each([
    "00:00:5e:00:01:05",
    "00:00:5e:00:02:05",
    "00:00:0c:07:ac:01",
    "00:00:0c:9f:f0:01",
    "00:07:b4:00:01:01",
  ])("%s, which several machines share", (shared) => {
    expect(
      observed(sent(routerCard, packet(plc!, master!)), sent(shared, packet(plc!, master!))).findings,
    ).toBe(undefined);
  });

  test("the far side of a router, where a capture has both", () => {
    const { findings } = observed(
      sent(plcCard, packet(plc!, remote!, 64), [20]),
      sent(routerCard, packet(plc!, remote!, 63), [30]),
    );
    expect(findings).toBe(undefined);
  });
});

describe("a human is told", () => {
  test("that an address changed its card", () => {
    const { findings } = observed(
      sent(plcCard, packet(plc!, master!)),
      sent(masterCard, packet(master!, plc!)),
      sent(newCard, packet(plc!, master!)),
    );
    expect(findings).toEqual([
      `${plc} changed its network card: ${plcCard} (seen 1 times, 2023-11-14T22:13:20Z to 2023-11-14T22:13:20Z), ` +
        `${newCard} (seen 1 times, 2023-11-14T22:13:40Z to 2023-11-14T22:13:40Z); an exchanged device, or another one that has taken its place?`,
    ]);
  });

  test("that two cards send from one address in turn, also when one of them only claims it (ARP)", () => {
    const turns = [plcCard, newCard, plcCard].map((mac) => sent(mac!, packet(plc!, master!)));
    expect(observed(...turns).findings).toMatchObject([/was sent from 2 network cards at the same time/]);
    const claimed = [
      sent(plcCard, packet(plc!, master!)),
      sent(newCard, arp(newCard, plc!), [], 0x0806),
      sent(plcCard, packet(plc!, master!)),
    ];
    expect(observed(...claimed).findings).toMatchObject([/at the same time/]);
  });

  test("that one sends as another, beside its own address", () => {
    const { findings } = observed(
      sent(plcCard, packet(plc!, master!)),
      sent(newCard, packet("10.1.0.99", master!)),
      sent(newCard, packet(plc!, master!)),
      sent(plcCard, packet(plc!, master!)),
    );
    expect(findings).toMatchObject([new RegExp(`^${plc} was sent from 2 network cards`)]);
  });

  test("that an address is in two VLANs; untagged at the access port is none", () => {
    const { findings } = observed(
      sent(plcCard, packet(plc!, master!), [20]),
      sent(plcCard, packet(plc!, master!)),
      sent(plcCard, packet(plc!, master!), [30]),
    );
    expect(findings).toMatchObject([/10\.1\.0\.10 was seen in 2 VLANs: 20 .* 30 /]);
  });

  test("of nothing where all is as it was, also in two files", () => {
    const file = (at: number): Uint8Array =>
      pcap([{ data: sent(plcCard, packet(plc!, master!), [20]), seconds: 1_700_000_000 + at }]);
    const { baseline } = observeBytes([file(0), file(100)]);
    expect(baseline.links).toMatchObject([{ seen: 2, vlan: [20] }]);
    expect(baseline.findings).toBe(undefined);
  });
});

describe("logs tell of links too", () => {
  const eve = {
    event_type: "flow",
    ...{ src_ip: plc, src_port: 40_000, dest_ip: master, dest_port: 502, proto: "TCP", vlan: [100, 20] },
    ether: { src_macs: [plcCard], dest_macs: [masterCard] },
    flow: { pkts_toserver: 5, pkts_toclient: 4, start: "2026-01-01T10:00:00.000000+0000" },
  };
  const zeekNames =
    "ts id.orig_h id.orig_p id.resp_h id.resp_p proto resp_pkts vlan inner_vlan orig_l2_addr resp_l2_addr";
  const zeekValues = `1767261600.0 ${plc} 40000 ${master} 502 tcp 4 100 20 ${plcCard} ${masterCard}`;
  const zeekTsv = `#separator \\x09\n#path\tconn\n#fields\t${zeekNames.replaceAll(" ", "\t")}\n${zeekValues.replaceAll(" ", "\t")}\n`;
  const zeekJson = Object.fromEntries(
    zeekNames.split(" ").map((name, index) => {
      const value = zeekValues.split(" ")[index]!;
      return [name, /^[\d.]+$/.test(value) && !value.startsWith("10.") ? Number(value) : value];
    }),
  );
  const both = [`${master} ${masterCard} 100.20 1`, `${plc} ${plcCard} 100.20 1`];
  const old = "ts,te,td,sa,da,sp,dp,pr,flg,ipkt,ibyt,svln,dvln,ismc,odmc";
  const oldRow = `2026-01-01 10:00:00,2026-01-01 10:00:09,9,${plc},${master},40000,502,TCP,...AP...,5,300,20,30,${plcCard},00:00:00:00:00:00`;
  const fresh =
    "firstSeen,duration,proto,srcAddr,srcPort,dstAddr,dstPort,packets,bytes,srcVlan,dstVlan,inSrcMac,outDstMac";
  const freshRow = `2026-01-01 10:00:00.000,9.000,TCP,${plc},40000,${master},502,5,300,20,0,${plcCard},${masterCard}`;
  const json = {
    ...{
      proto: 6,
      src4_addr: plc,
      dst4_addr: master,
      src_port: 40_000,
      dst_port: 502,
      in_packets: 5,
      in_bytes: 300,
    },
    ...{ first: "2026-01-01T10:00:00.000", last: "2026-01-01T10:00:09.000", src_vlan: 20, dst_vlan: 0 },
    ...{
      in_src_mac: plcCard,
      out_dst_mac: masterCard,
      in_dst_mac: routerCard,
      out_src_mac: "00:00:00:00:00:00",
    },
  };
  const logged = (mac: string): string =>
    `2026-01-01T10:00:00+00:00 fw kernel: IN=eth0 OUT=eth1 ${mac} SRC=${plc} DST=${master} LEN=52 TOS=0x00 PREC=0x00 ` +
    "TTL=64 ID=1 DF PROTO=TCP SPT=40000 DPT=502 WINDOW=229 RES=0x00 ACK PSH URGP=0\n";
  const ulogd = {
    ...{
      timestamp: "2026-01-01T10:00:00+0000",
      "oob.prefix": "x",
      src_ip: plc,
      dest_ip: master,
      "ip.protocol": 6,
    },
    ...{ "ip.ttl": 64, src_port: 40_000, dest_port: 502, "raw.pktlen": 52, "tcp.ack": 1, "tcp.psh": 1 },
  };

  test.each<[string, string, readonly string[]]>([
    ["EVE", `${JSON.stringify(eve)}\n`, both],
    [
      "EVE without an answer",
      `${JSON.stringify({ ...eve, flow: { ...eve.flow, pkts_toclient: 0 } })}\n`,
      [both[1]!],
    ],
    [
      "EVE without cards",
      `${JSON.stringify({ ...eve, ether: undefined })}\n`,
      [`${master} ? 100.20 1`, `${plc} ? 100.20 1`],
    ],
    ["Zeek, TSV", zeekTsv, both],
    ["Zeek, JSON", `${JSON.stringify(zeekJson)}\n`, both],
    ["nfdump 1.6 and 1.7.1 CSV", `${old}\n${oldRow}\n`, [`${master} ? 30 1`, `${plc} ${plcCard} 20 1`]],
    [
      "nfdump 1.7.4 CSV",
      `${fresh}\n${freshRow}\n`,
      [`${master} ${masterCard} untagged 1`, `${plc} ${plcCard} 20 1`],
    ],
    [
      "nfdump JSON",
      `[\n${JSON.stringify(json)}\n]\n`,
      [`${master} ${masterCard} untagged 1`, `${plc} ${plcCard} 20 1`],
    ],
    ["the kernel's log", logged(`MAC=${routerCard}:${plcCard}:08:00`), [`${plc} ${plcCard} untagged 1`]],
    [
      "the kernel's log, header taken apart",
      logged(`MACSRC=${plcCard} MACDST=${routerCard} MACPROTO=0800 VPROTO=8100 VID=20`),
      [`${plc} ${plcCard} 20 1`],
    ],
    ["the kernel's log without a link header", logged("MAC="), []],
    [
      "ulogd2",
      `${JSON.stringify({ ...ulogd, "mac.str": `${routerCard}:${plcCard}:08:00` })}\n`,
      [`${plc} ${plcCard} untagged 1`],
    ],
    [
      "ulogd2, header taken apart",
      `${JSON.stringify({ ...ulogd, "mac.saddr.str": plcCard, "mac.daddr.str": routerCard })}\n`,
      [`${plc} ${plcCard} untagged 1`],
    ],
  ])("%s", (_, text, expected) => {
    const { baseline } = observeText(text, { timezone: "UTC" });
    expect((baseline.links ?? []).map(short)).toEqual(expected);
    expect(baseline.flows).toHaveLength(1);
  });

  test("one that has no hop limits: a card with two addresses is a router's", () => {
    const other = { ...eve, src_ip: remote, vlan: [20] };
    const { baseline } = observeText(`${[eve, other].map((event) => JSON.stringify(event)).join("\n")}\n`);
    expect((baseline.links ?? []).map(short)).toEqual([
      `${master} ${masterCard} 20 1`,
      `${master} ${masterCard} 100.20 1`,
    ]);
    // The outer tag is the carrier's: the VLAN is one and the same.
    expect(baseline.findings).toBe(undefined);
  });
});

test("an attempt that is read from a segment's header alone still tells where it came from", () => {
  const syn = ipv4(plc!, master!, 6, tcp(40_000, 502, tcpFlags.syn), { id: 1 });
  expect(links(sent(plcCard, syn, [20]))).toEqual([`${plc} ${plcCard} 20 1`]);
});
