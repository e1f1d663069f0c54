import { type Drop, ignored } from "./drop.ts";

/** EtherTypes (IEEE registration authority) that are read on, or for who a device is; what else there is stays on its link. */
export const etherType = {
  ipv4: 0x0800,
  arp: 0x0806,
  ipv6: 0x86dd,
  vlan: 0x8100,
  serviceVlan: 0x88a8,
  oldServiceVlan: 0x9100,
  mpls: 0x8847,
  pppoe: 0x8864,
  ppp: 0x880b,
  trustSec: 0x8909,
  profinet: 0x8892,
  goose: 0x88b8,
  lldp: 0x88cc,
  ptp: 0x88f7,
  hsr: 0x892f,
  redundancyTag: 0xf1c1,
} as const;

const names: ReadonlyMap<number, string> = new Map([
  [etherType.arp, "ARP"],
  [0x8035, "RARP"],
  [0x8137, "IPX"],
  [etherType.mpls, "MPLS"],
  [0x8848, "MPLS multicast"],
  [0x8863, "PPPoE discovery"],
  [etherType.ppp, "PPP (control, or compressed)"],
  [0x886d, "Intel ANS probe"],
  [0x887b, "HomePlug"],
  [0x888e, "EAPOL (802.1X)"],
  [etherType.profinet, "PROFINET RT"],
  [0x8899, "Realtek remote control"],
  [0x88a4, "EtherCAT"],
  [0x88ab, "Ethernet Powerlink"],
  [etherType.goose, "GOOSE (IEC 61850-8-1)"],
  [0x88b9, "GSE management (IEC 61850)"],
  [0x88ba, "Sampled values (IEC 61850-9-2)"],
  [etherType.lldp, "LLDP"],
  [0x88cd, "SERCOS III"],
  [0x88e1, "HomePlug AV"],
  [0x88e3, "MRP (IEC 62439-2)"],
  [0x88e5, "MACsec (802.1AE)"],
  [etherType.ptp, "PTP (IEEE 1588)"],
  [0x88fb, "PRP/HSR supervision (IEC 62439-3)"],
  [0x8902, "Ethernet OAM (802.1ag)"],
  [0x891d, "TTEthernet"],
  [0x890f, "CC-Link IE"],
  [0x9000, "Ethernet loopback test"],
]);

const made = new Map<number, Drop>();

/** The reason for ignoring a frame that carries no IP, by the name of what it carries. */
export function notIp(type: number): Drop {
  let drop = made.get(type);
  if (drop === undefined) {
    // Below 0x0600 the field is a length, or one of Linux's own numbers: IEEE 802.3 with LLC.
    const name =
      names.get(type) ??
      (type < 0x0600 ? "LLC (802.3)" : `EtherType 0x${type.toString(16).padStart(4, "0")}`);
    drop = ignored(`not IP: ${name}`);
    made.set(type, drop);
  }
  return drop;
}
