"""Sends packets through a router in namespaces of its own and says which came out on the other side.

Standard input: {"before": [packet], "ruleset": text, "load": script, "list": script, "after": [packet]}; standard
output: the ids of the packets of "after" that were forwarded, and what `list` printed then. `before` is sent before
the ruleset is loaded, to open sessions; `load` finds the ruleset on its standard input. A packet is
{"id", "side": "left" | "right", "family", "source", "destination", "protocol"} with "sport" and "dport", or "type",
"code" and "echo" for ICMP; "flags" for TCP and SCTP; "quote", another packet, for an ICMP error about that one;
"extensions", protocol numbers of IPv6 headers that stand in front; "fragmented", for two fragments. With "sweep", a
packet of TCP or UDP without port, one goes to each of the 65,536 ports, and its protocol's ports that let it pass are
in "swept". Needs root, iproute2 and nft. The caller gives it a mount and network namespace of its own (unshare
--mount --net), with which everything here ends.
"""

import ctypes
import ipaddress
import json
import select
import socket
import struct
import subprocess
import sys
import time

MARK = b"sluice-test"
LIBC = ctypes.CDLL(None, use_errno=True)
SIDES = {"left": "1", "right": "2"}
OTHER = {"left": "right", "right": "left"}


def run(*words, **options):
    subprocess.run(words, check=True, **options)


def build_plant():
    run("mkdir", "-p", "/run/netns")
    run("mount", "-t", "tmpfs", "none", "/run/netns")
    for setting in (
        "net.ipv4.ip_forward=1",
        "net.ipv6.conf.all.forwarding=1",
        "net.ipv4.conf.all.rp_filter=0",
        "net.ipv4.conf.default.rp_filter=0",
    ):
        run("sysctl", "-qw", setting)
    run("ip", "link", "set", "lo", "up")
    for side, number in SIDES.items():
        run("ip", "netns", "add", side)
        run("ip", "link", "add", side, "address", f"02:00:00:00:00:0{number}", "type", "veth", "peer", "name", "far",
            "address", f"02:00:00:00:01:0{number}", "netns", side)
        run("ip", "-n", side, "link", "set", "far", "up")
        run("ip", "link", "set", side, "up")
        run("ip", "addr", "add", f"192.0.2.{number}/32", "dev", side)
        run("ip", "route", "add", f"198.51.100.{number}", "dev", side)
        run("ip", "neigh", "add", f"198.51.100.{number}", "lladdr", f"02:00:00:00:01:0{number}", "dev", side)
        run("ip", "-6", "addr", "add", f"fd00:ffff:{number}::1/64", "dev", side, "nodad")
        run("ip", "-6", "neigh", "add", f"fd00:ffff:{number}::2", "lladdr", f"02:00:00:00:01:0{number}", "dev", side)
    for network, number in (("10.0.1.0/24", "1"), ("10.0.2.0/24", "2"), ("10.0.3.0/24", "2")):
        run("ip", "route", "add", network, "via", f"198.51.100.{number}")
    for network, number in (("fd00:1::/64", "1"), ("fd00:2::/64", "2"), ("fd00:3::/64", "2")):
        run("ip", "-6", "route", "add", network, "via", f"fd00:ffff:{number}::2")
    # Connection tracking works once a rule asks for it; sessions must be known before the ruleset comes.
    run("nft", "add table inet primer; add chain inet primer f { type filter hook forward priority 0; };"
        "add rule inet primer f ct state new accept")
    for setting in ("nf_conntrack_tcp_be_liberal=1", "nf_conntrack_checksum=0"):
        run("sysctl", "-qw", f"net.netfilter.{setting}")


def open_socket(side):
    """A raw socket on the far end of a side's cable."""
    home = open("/proc/self/ns/net")
    with open(f"/run/netns/{side}") as namespace:
        assert LIBC.setns(namespace.fileno(), 0) == 0
    raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    raw.bind(("far", 0))
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
    assert LIBC.setns(home.fileno(), 0) == 0
    home.close()
    return raw


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def begin(tag):
    """What stands in INIT and INIT ACK: the tag that the other side puts into its packets, and counts of streams."""
    return struct.pack("!IIHHI", tag, 65_536, 1, 1, 1)


# Of SCTP (RFC 9260): type of the chunk, verification tag, and what the chunk begins with. The initiator's packets carry
# the tag 2, those of the responder the tag 1; connection tracking follows both.
CHUNKS = {
    "syn": (1, 0, begin(1)),
    "synack": (2, 1, begin(2)),
    "echo": (10, 2, b""),
    "echoed": (11, 1, b""),
    "ack": (0, 1, bytes(12)),
    "forth": (0, 2, bytes(12)),
}


# IPv6 headers without their first octet: options with nothing but padding, a routing header that is used up, and an
# authentication header, which IPv6 has as one of its extension headers (RFC 8200, section 4.1).
EXTENSIONS = {
    0: b"\0\x01\x04\0\0\0\0",
    60: b"\0\x01\x04\0\0\0\0",
    43: b"\0\x04\0\0\0\0\0",
    51: b"\x02\0\0" + bytes(12),
}


def transport(packet):
    body = MARK + struct.pack("!I", packet["id"])
    protocol = packet["protocol"]
    if protocol == 6:
        flags = {"syn": 0x02, "synack": 0x12, "ack": 0x10, "forth": 0x10}[packet.get("flags", "syn")]
        return struct.pack("!HHIIBBHHH", packet["sport"], packet["dport"], 1, 1, 5 << 4, flags, 1000, 0, 0) + body
    if protocol in (17, 136):
        return struct.pack("!HHHH", packet["sport"], packet["dport"], 8 + len(body), 0) + body
    if protocol == 132:
        kind, tag, fixed = CHUNKS[packet.get("flags", "syn")]
        chunk = struct.pack("!BBH", kind, 3, 4 + len(fixed) + len(body)) + fixed + body
        return struct.pack("!HHII", packet["sport"], packet["dport"], tag, 0) + chunk
    if protocol == 33:
        return struct.pack("!HH", packet["sport"], packet["dport"]) + bytes(20) + body
    if "quote" in packet:
        quoted = datagram(packet["quote"])[: 28 if packet["family"] == 4 else 48]
        return struct.pack("!BBHI", packet["type"], packet["code"], 0, 0) + quoted + body
    if "type" in packet:
        return struct.pack("!BBHHH", packet["type"], packet["code"], 0, packet["echo"], 1) + body
    return bytes(4) + body


def datagram(packet):
    return b"".join(datagrams({**packet, "fragmented": False}))


def datagrams(packet):
    """The packet, or its two fragments, of which the second alone can be seen to come out."""
    data = transport(packet)
    ends = b"".join(ipaddress.ip_address(packet[end]).packed for end in ("source", "destination"))
    parts = [(0, data)]
    if packet.get("fragmented"):
        parts = [(0, data.replace(MARK, bytes(len(MARK))).ljust(40, b"\0")), (40, MARK + struct.pack("!I", packet["id"]))]
    for offset, part in parts:
        more = len(parts) > 1 and offset == 0
        if packet["family"] == 4:
            where = offset // 8 | (0x2000 if more else 0)
            head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(part), packet["id"] & 0xFFFF, where, 64,
                packet["protocol"], 0) + ends
            yield head[:10] + struct.pack("!H", checksum(head)) + head[12:] + part
            continue
        kind = packet["protocol"]
        if len(parts) > 1:
            part = struct.pack("!BBHI", kind, 0, offset | more, packet["id"]) + part
            kind = 44
        for extension in reversed(packet.get("extensions", [])):
            part = struct.pack("!B", kind) + EXTENSIONS[extension] + part
            kind = extension
        yield struct.pack("!IHBB", 6 << 28, len(part), kind, 64) + ends + part


def frames(packet):
    number = SIDES[packet["side"]]
    kind = "0800" if packet["family"] == 4 else "86dd"
    ethernet = bytes.fromhex(f"02000000000{number}" + f"02000000010{number}" + kind)
    return [ethernet + data for data in datagrams(packet)]


def received(sockets, seconds, seen):
    """Notes the ids of packets that come out within a time, each with its side: a rejection quotes what it rejects."""
    deadline = time.monotonic() + seconds
    while (left := deadline - time.monotonic()) >= 0:
        ready, _, _ = select.select(list(sockets.values()), [], [], left)
        if not ready:
            return
        for side in (side for side, raw in sockets.items() if raw in ready):
            data, address = sockets[side].recvfrom(65_535)
            at = data.find(MARK)
            if at >= 0 and address[2] != socket.PACKET_OUTGOING:
                seen.add((side, struct.unpack_from("!I", data, at + len(MARK))[0]))


def exchange(sockets, packets):
    """Sends the packets and gives the ids of those that came out."""
    seen = set()
    for packet in packets:
        for data in frames(packet):
            sockets[packet["side"]].send(data)
        received(sockets, 0.0005, seen)
    received(sockets, 0.3, seen)
    return {packet["id"] for packet in packets if (OTHER[packet["side"]], packet["id"]) in seen}


def sweep(sockets, packet):
    """Sends a packet to each port and gives the ports that were let through."""
    seen = set()
    for port in range(65_536):
        sockets[packet["side"]].send(frames({**packet, "id": port, "dport": port})[0])
        if port % 32 == 0:
            received(sockets, 0, seen)
    received(sockets, 0.3, seen)
    return sorted(port for side, port in seen if side == OTHER[packet["side"]])


def main():
    order = json.load(sys.stdin)
    build_plant()
    sockets = {side: open_socket(side) for side in SIDES}
    opened = exchange(sockets, order["before"])
    lost = [packet["id"] for packet in order["before"] if packet["id"] not in opened]
    assert not lost, f"the plant itself lost {lost}"
    run("sh", "-c", order["load"], input=order["ruleset"].encode())
    seen = exchange(sockets, order["after"])
    swept = [sweep(sockets, packet) for packet in order.get("sweep", [])]
    listing = subprocess.run(["sh", "-c", order["list"]], capture_output=True, check=True).stdout
    json.dump({"forwarded": sorted(seen), "listing": listing.decode(), "swept": swept}, sys.stdout)


main()
