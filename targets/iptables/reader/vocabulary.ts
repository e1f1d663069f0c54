/** Names that the host's own tools print for numbers. */

const table = (text: string): ReadonlyMap<string, number> =>
  new Map(
    text
      .trim()
      .split(/\s+/)
      .map((entry): [string, number] => {
        const [name = "", number] = entry.split("=");
        return [name, Number(number)];
      }),
  );

/**
 * The IANA protocol numbers as netbase (Debian, Fedora, Alpine) names them in /etc/protocols. The names of 0 are left
 * out: to iptables, protocol 0 is every protocol.
 */
export const protocols = table(`
  icmp=1 igmp=2 ggp=3 ipencap=4 st=5 tcp=6 egp=8 igp=9 pup=12 udp=17 hmp=20 xns-idp=22 rdp=27 iso-tp4=29 dccp=33
  xtp=36 ddp=37 idpr-cmtp=38 ipv6=41 ipv6-route=43 ipv6-frag=44 idrp=45 rsvp=46 gre=47 esp=50 ah=51 skip=57
  ipv6-icmp=58 icmpv6=58 ipv6-nonxt=59 ipv6-opts=60 rspf=73 vmtp=81 eigrp=88 ospf=89 ax.25=93 ipip=94 etherip=97
  encap=98 pim=103 ipcomp=108 vrrp=112 l2tp=115 isis=124 sctp=132 fc=133 mobility-header=135 ipv6-mh=135 mh=135
  udplite=136 mpls-in-ip=137 manet=138 hip=139 shim6=140 wesp=141 rohc=142 ethernet=143`);

/** ICMP types by the names that ipset 7 prints for a type with a code. */
export const icmpCodes = table(`
  echo-reply=0 pong=0 network-unreachable=3 host-unreachable=3 protocol-unreachable=3 port-unreachable=3
  fragmentation-needed=3 source-route-failed=3 network-unknown=3 host-unknown=3 network-prohibited=3 host-prohibited=3
  TOS-network-unreachable=3 TOS-host-unreachable=3 communication-prohibited=3 host-precedence-violation=3
  precedence-cutoff=3 source-quench=4 network-redirect=5 host-redirect=5 TOS-network-redirect=5 TOS-host-redirect=5
  echo-request=8 ping=8 router-advertisement=9 router-solicitation=10 ttl-zero-during-transit=11
  ttl-zero-during-reassembly=11 ip-header-bad=12 required-option-missing=12 timestamp-request=13 timestamp-reply=14
  address-mask-request=17 address-mask-reply=18`);

export const icmp6Codes = table(`
  no-route=1 communication-prohibited=1 address-unreachable=1 port-unreachable=1 packet-too-big=2
  ttl-zero-during-transit=3 ttl-zero-during-reassembly=3 bad-header=4 unknown-header-type=4 unknown-option=4
  echo-request=128 ping=128 echo-reply=129 pong=129 router-solicitation=133 router-advertisement=134
  neighbour-solicitation=135 neighbour-advertisement=136 redirect=137`);
