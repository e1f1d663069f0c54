/** A stretch of responder ports of one transport protocol, both ends included. */
export interface PortRange {
  readonly protocol: number;
  readonly from: number;
  readonly to: number;
}

/** A service that the field knows by name and by the ports on which its responder listens. */
export interface KnownService {
  /** Name as it is written in a site file. */
  readonly name: string;
  readonly description: string;
  readonly ports: readonly PortRange[];
  /** Who fixed the ports: a registry, a standard, or the vendor. */
  readonly source: string;
  /** Why these ports alone do not carry the whole conversation: further ports are agreed on at run time. */
  readonly dynamicPorts?: string;
}

const tcp = (from: number, to = from): PortRange => ({ protocol: 6, from, to });
const udp = (from: number, to = from): PortRange => ({ protocol: 17, from, to });

const service = (
  name: string,
  description: string,
  ports: readonly PortRange[],
  source = "IANA",
  dynamicPorts?: string,
): KnownService => ({
  name,
  description,
  ports,
  source,
  ...(dynamicPorts === undefined ? {} : { dynamicPorts }),
});

/**
 * Industrial services first, then what every plant network also carries. A name opens what the field runs under it and
 * no more: a variant over another transport has a name of its own. A port stands under one name only, so that an
 * observed port has one reading. "IANA" is the Service Name and Transport Protocol Port Number Registry (RFC 6335).
 */
export const knownServices: readonly KnownService[] = [
  service("modbus", "Modbus/TCP", [tcp(502)]),
  service("modbus-udp", "Modbus over UDP", [udp(502)]),
  service("modbus-tls", "Modbus/TCP Security", [tcp(802)]),
  service("s7comm", "ISO transport on TCP (RFC 1006): S7comm, IEC 61850 MMS, ICCP", [tcp(102)]),
  service("mms-tls", "IEC 61850 MMS and ICCP over TLS", [tcp(3782)], "IEC 62351-4"),
  service(
    "enip",
    "EtherNet/IP explicit messages",
    [tcp(44818)],
    "IANA",
    "class 1 I/O runs over UDP, usually port 2222 (service enip-io), in both directions",
  ),
  service("enip-discovery", "EtherNet/IP encapsulation over UDP (List Identity)", [udp(44818)]),
  service("enip-io", "EtherNet/IP class 1 implicit I/O", [udp(2222)], "ODVA EtherNet/IP specification"),
  service("enip-tls", "CIP Security", [tcp(2221)]),
  service("dnp3", "DNP3 (IEEE 1815)", [tcp(20000)]),
  service("dnp3-udp", "DNP3 over UDP", [udp(20000)]),
  service("dnp3-tls", "DNP3 over TLS", [tcp(19999)]),
  service("iec104", "IEC 60870-5-104 telecontrol", [tcp(2404)]),
  service("iec104-tls", "IEC 60870-5-104 over TLS", [tcp(19998)]),
  service("opcua", "OPC UA binary", [tcp(4840)]),
  service("opcua-tls", "OPC UA over HTTPS", [tcp(4843)]),
  service("bacnet", "BACnet/IP", [udp(47808)]),
  service("fox", "Niagara Fox building automation", [tcp(1911), tcp(4911)], "Tridium"),
  service(
    "profinet",
    "PROFINET RT over UDP and context manager",
    [udp(34962, 34964), tcp(34962, 34964)],
    "IANA",
    "the context manager (DCE/RPC) answers from a port of its own choice",
  ),
  service("ethercat", "EtherCAT over UDP", [udp(34980)]),
  service("ads", "Beckhoff ADS/AMS", [tcp(48898), udp(48899)], "IANA; Beckhoff Information System"),
  service("ads-tls", "Beckhoff Secure ADS", [tcp(8016)], "Beckhoff Information System"),
  service(
    "codesys",
    "CODESYS V3 runtime and gateway",
    [tcp(11740, 11743), udp(1740, 1743), tcp(1217)],
    "CODESYS",
  ),
  service("fins", "Omron FINS", [tcp(9600), udp(9600)], "Omron W421"),
  service(
    "melsec",
    "Mitsubishi MELSEC SLMP, GX Works",
    [tcp(5006, 5007), udp(5006, 5007)],
    "Mitsubishi SH-080956",
  ),
  service("ge-srtp", "GE SRTP", [tcp(18245, 18246)]),
  service("cc-link-ie", "CC-Link IE Field Basic", [udp(61450)], "CLPA BAP-C2010"),
  service("hart-ip", "HART-IP", [tcp(5094), udp(5094)]),
  service("ff-hse", "Foundation Fieldbus HSE", [tcp(1089, 1091), udp(1089, 1091)]),
  service("fl-net", "FL-net", [udp(55000, 55003)], "JEMA FL-net"),
  service("knx", "KNXnet/IP", [tcp(3671), udp(3671)]),
  service("lonworks", "LonWorks over IP", [udp(1628, 1629)]),
  service("synchrophasor", "IEEE C37.118 synchrophasors", [tcp(4712), udp(4713)], "IEEE C37.118.2"),
  service("pcworx", "Phoenix Contact PC Worx", [tcp(1962)], "IANA"),
  service("proconos", "ProConOS runtime", [tcp(20547)], "Phoenix Contact"),
  service("redlion-crimson", "Red Lion Crimson", [tcp(789)], "Red Lion"),
  service("sinec-discovery", "Siemens LOGO! and SINEC download", [tcp(10005)], "Siemens"),
  service("tristation", "Triconex TriStation", [udp(1502)], "Schneider Electric Triconex"),
  service("emerson-roc", "Emerson ROC", [tcp(4000)], "Emerson ROC protocol"),
  service("ptp", "IEEE 1588 precision time", [udp(319, 320)]),
  service("mqtt", "MQTT", [tcp(1883)]),
  service("mqtt-tls", "MQTT over TLS", [tcp(8883)]),
  service("amqp", "AMQP", [tcp(5672)]),
  service("amqp-tls", "AMQP over TLS", [tcp(5671)]),
  service("pi-data-archive", "AVEVA PI Data Archive", [tcp(5450)], "AVEVA"),
  service("pi-af", "AVEVA PI Asset Framework", [tcp(5457, 5459)], "AVEVA"),
  service("wonderware-suitelink", "AVEVA SuiteLink", [tcp(5413)]),

  service("dns", "Domain names", [tcp(53), udp(53)]),
  service("dns-tls", "Domain names over TLS", [tcp(853)]),
  service("mdns", "Multicast DNS", [udp(5353)]),
  service("llmnr", "Link-local name resolution", [udp(5355)]),
  service("dhcp", "Address assignment", [udp(67, 68)]),
  service("dhcpv6", "Address assignment, IPv6", [udp(546, 547)]),
  service("ntp", "Network time", [udp(123)]),
  service("nts-ke", "Network time security, key establishment", [tcp(4460)]),
  service("ssh", "Secure shell", [tcp(22)]),
  service("telnet", "Telnet", [tcp(23)]),
  service(
    "ftp",
    "File transfer",
    [tcp(21)],
    "IANA",
    "data connections use ports agreed on in the control session",
  ),
  service(
    "ftps",
    "File transfer over TLS",
    [tcp(990)],
    "IANA",
    "data connections use ports agreed on under encryption",
  ),
  service(
    "tftp",
    "Trivial file transfer",
    [udp(69)],
    "IANA",
    "the server answers from a port of its own choice",
  ),
  service("http", "Web", [tcp(80)]),
  service("http-alt", "Web, alternative port", [tcp(8080)]),
  service("https", "Web over TLS", [tcp(443)]),
  service("http3", "Web over QUIC", [udp(443)]),
  service("https-alt", "Web over TLS, alternative port", [tcp(8443)]),
  service("smtp", "Mail transfer", [tcp(25)]),
  service("submission", "Mail submission", [tcp(587), tcp(465)]),
  service("snmp", "Management queries", [udp(161)]),
  service("snmp-trap", "Management notifications", [udp(162)]),
  service("syslog", "Log messages", [udp(514)]),
  service("syslog-tls", "Log messages over TLS", [tcp(6514)]),
  service("netflow", "Flow export (NetFlow, IPFIX, sFlow)", [udp(2055), udp(4739), tcp(4739), udp(6343)]),
  service("kerberos", "Kerberos", [tcp(88), udp(88), tcp(464), udp(464)]),
  service("ldap", "Directory", [tcp(389), tcp(3268)]),
  service("ldaps", "Directory over TLS", [tcp(636), tcp(3269)]),
  service("radius", "Network access control", [udp(1812, 1813)]),
  service("tacacs", "Device administration", [tcp(49)]),
  service("smb", "Windows file sharing", [tcp(445)]),
  service("netbios", "NetBIOS name, datagram and session", [udp(137, 138), tcp(139)]),
  service(
    "dcom",
    "DCE/RPC endpoint mapper, used by DCOM and OPC Classic",
    [tcp(135)],
    "IANA",
    "after the endpoint mapper the objects use dynamic ports (49152-65535, older hosts 1024-5000)",
  ),
  service(
    "sunrpc",
    "ONC RPC port mapper",
    [tcp(111), udp(111)],
    "IANA",
    "after the port mapper the programs use dynamic ports",
  ),
  service("nfs", "Network file system", [tcp(2049), udp(2049)]),
  service("rdp", "Remote desktop", [tcp(3389)]),
  service("vnc", "Remote framebuffer", [tcp(5900)]),
  service("winrm", "Windows remote management", [tcp(5985, 5986)]),
  service("mssql", "Microsoft SQL Server", [tcp(1433)], "IANA", "named instances listen on dynamic ports"),
  service("mssql-browser", "Microsoft SQL Server Browser", [udp(1434)]),
  service("oracle", "Oracle listener", [tcp(1521)]),
  service("mysql", "MySQL", [tcp(3306)]),
  service("postgresql", "PostgreSQL", [tcp(5432)]),
  service("influxdb", "InfluxDB", [tcp(8086)]),
  service("ssdp", "Device discovery", [udp(1900)]),
  service("ws-discovery", "Device discovery for web services", [udp(3702)]),
  service("rtsp", "Media streams", [tcp(554)], "IANA", "media runs over UDP ports agreed on in the session"),
  service(
    "sip",
    "Call signalling",
    [tcp(5060, 5061), udp(5060, 5061)],
    "IANA",
    "media runs over UDP ports agreed on",
  ),
  service("ipsec-ike", "IPsec key exchange and NAT traversal", [udp(500), udp(4500)]),
  service("openvpn", "OpenVPN", [tcp(1194), udp(1194)]),
  service("wireguard", "WireGuard", [udp(51820)], "WireGuard"),
];

const byPort = new Map(
  knownServices.flatMap((known) =>
    known.ports.flatMap(({ protocol, from, to }) =>
      Array.from(
        { length: to - from + 1 },
        (_, index) => [(protocol << 16) | (from + index), known] as const,
      ),
    ),
  ),
);

/** The service that listens on a port, where the field has a name for it. */
export const knownService = (protocol: number, port: number): KnownService | undefined =>
  byPort.get((protocol << 16) | port);
