"""Sends packets through a router in namespaces of its own and says which came out on the other side.

Standard input: {"before": [packet], "ruleset": text, "load": script, "list": script, "after": [packet]}; standard
output: the ids of the packets of "after" that were forwarded, and what `list` printed then. `before` is sent before
the ruleset is loaded, to open sessions; `load` finds the ruleset on its standard input. A packet is
{"id", "side": "left" | "right", "family", "source", "destination", "protocol"} with "sport" and "dport", or "type",
"code" and "echo" for ICMP; "flags" for TCP; "quote", another packet, for an ICMP error about that one. Needs root,
iproute2 and nft. The caller gives it a mount and network namespace of its own (unshare --mount --net), with which
everything here ends.
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


def transport(packet):
    body = MARK + struct.pack("!I", packet["id"])
    protocol = packet["protocol"]
    if protocol == 6:
        flags = {"syn": 0x02, "synack": 0x12, "ack": 0x10}[packet.get("flags", "syn")]
        return struct.pack("!HHIIBBHHH", packet["sport"], packet["dport"], 1, 1, 5 << 4, flags, 1000, 0, 0) + body
    if protocol in (17, 136):
        return struct.pack("!HHHH", packet["sport"], packet["dport"], 8 + len(body), 0) + body
    if protocol in (33, 132):
        return struct.pack("!HH", packet["sport"], packet["dport"]) + bytes(20) + body
    if "quote" in packet:
        quoted = datagram(packet["quote"])[: 28 if packet["family"] == 4 else 48]
        return struct.pack("!BBHI", packet["type"], packet["code"], 0, 0) + quoted + body
    if "type" in packet:
        return struct.pack("!BBHHH", packet["type"], packet["code"], 0, packet["echo"], 1) + body
    return bytes(4) + body


def datagram(packet):
    data = transport(packet)
    ends = b"".join(ipaddress.ip_address(packet[end]).packed for end in ("source", "destination"))
    if packet["family"] == 4:
        head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(data), 1, 0, 64, packet["protocol"], 0) + ends
        head = head[:10] + struct.pack("!H", checksum(head)) + head[12:]
        return head + data
    return struct.pack("!IHBB", 6 << 28, len(data), packet["protocol"], 64) + ends + data


def frame(packet):
    number = SIDES[packet["side"]]
    kind = "0800" if packet["family"] == 4 else "86dd"
    return bytes.fromhex(f"02000000000{number}" + f"02000000010{number}" + kind) + datagram(packet)


def exchange(sockets, packets):
    """Sends the packets and gives the ids of those that came out."""
    seen = set()

    def drain(seconds):
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            ready, _, _ = select.select(list(sockets.values()), [], [], left)
            for raw in ready:
                data, address = raw.recvfrom(65_535)
                at = data.find(MARK)
                if at >= 0 and address[2] != socket.PACKET_OUTGOING:
                    seen.add(struct.unpack_from("!I", data, at + len(MARK))[0])

    for packet in packets:
        sockets[packet["side"]].send(frame(packet))
        drain(0.0005)
    drain(0.3)
    return seen


def main():
    order = json.load(sys.stdin)
    build_plant()
    sockets = {side: open_socket(side) for side in SIDES}
    opened = exchange(sockets, order["before"])
    lost = [packet["id"] for packet in order["before"] if packet["id"] not in opened]
    assert not lost, f"the plant itself lost {lost}"
    run("sh", "-c", order["load"], input=order["ruleset"].encode())
    seen = exchange(sockets, order["after"])
    listing = subprocess.run(["sh", "-c", order["list"]], capture_output=True, check=True).stdout
    json.dump({"forwarded": sorted(seen), "listing": listing.decode()}, sys.stdout)


main()
