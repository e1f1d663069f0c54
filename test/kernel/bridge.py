"""Two hosts on one bridge, and what of their connections comes through it.

Standard input: {"settings": {name of net.bridge: "0" | "1"}, "ruleset": text, "load": script, "list": script,
"attempts": [{"side": "left" | "right", "destination", "port"}], "frames": [hex]}; standard output: for each attempt
whether the other host answered, for each frame that left sends whether right sees it, and what `list` printed then. `load` finds the ruleset on its standard input.
The hosts are whole ones, which find each other by ARP and neighbour discovery; nobody listens on their ports, so the
answer is a reset. The bridge has no address. Needs root, iproute2 and br_netfilter. The caller gives it a mount and
network namespace of its own (unshare --mount --net), with which everything here ends.
"""

import ctypes
import errno
import json
import select
import socket
import subprocess
import sys
import time

LIBC = ctypes.CDLL(None, use_errno=True)
HOSTS = {"left": ("10.0.1.2/16", "fd00:1::2/16"), "right": ("10.0.2.3/16", "fd00:2::3/16")}
SECONDS = 2


def run(*words, **options):
    subprocess.run(words, check=True, **options)


def build_plant(settings):
    run("mkdir", "-p", "/run/netns")
    run("mount", "-t", "tmpfs", "none", "/run/netns")
    # Snooping would wait for a querier of multicast that is not there.
    run("ip", "link", "add", "name", "bridge", "type", "bridge", "mcast_snooping", "0")
    run("ip", "link", "set", "bridge", "addrgenmode", "none", "up")
    for side, addresses in HOSTS.items():
        run("ip", "netns", "add", side)
        run("ip", "link", "add", side, "type", "veth", "peer", "name", "far", "netns", side)
        run("ip", "link", "set", side, "master", "bridge", "addrgenmode", "none", "up")
        run("ip", "-n", side, "link", "set", "far", "up")
        for address in addresses:
            options = ("nodad",) if ":" in address else ()
            run("ip", "-n", side, "addr", "add", address, "dev", "far", *options)
    for name, value in settings.items():
        run("sysctl", "-qw", f"net.bridge.{name}={value}")


def socket_on(side, *kind):
    """A socket in the namespace of a side."""
    home = open("/proc/self/ns/net")
    with open(f"/run/netns/{side}") as namespace:
        assert LIBC.setns(namespace.fileno(), 0) == 0
    made = socket.socket(*kind)
    if kind[0] == socket.AF_PACKET:
        made.bind(("far", 0))
    assert LIBC.setns(home.fileno(), 0) == 0
    home.close()
    return made


def carried(frames):
    """Which frames come out on the other side."""
    everything = (socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    sender, listener = socket_on("left", *everything), socket_on("right", *everything)
    listener.settimeout(0.5)
    for data in frames:
        sender.send(bytes.fromhex(data))
    seen = set()
    try:
        while True:
            seen.add(listener.recv(65_535).hex())
    except TimeoutError:
        return [untagged(data) in seen for data in frames]


def untagged(data):
    """A frame as a host is given it: without its VLAN tag."""
    return data[:24] + data[32:] if data[24:28] == "8100" else data


def connect(attempt):
    """A connection that has begun, in the namespace of its side."""
    family = socket.AF_INET6 if ":" in attempt["destination"] else socket.AF_INET
    client = socket_on(attempt["side"], family, socket.SOCK_STREAM)
    client.setblocking(False)
    client.connect_ex((attempt["destination"], attempt["port"]))
    return client


def answered(attempts):
    clients = [connect(attempt) for attempt in attempts]
    poll = select.poll()
    for client in clients:
        poll.register(client, select.POLLOUT)
    left, deadline = len(clients), time.monotonic() + SECONDS
    while left and (wait := deadline - time.monotonic()) > 0:
        for number, _ in poll.poll(wait * 1000):
            poll.unregister(number)
            left -= 1
    errors = [client.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) for client in clients]
    return [error == errno.ECONNREFUSED for error in errors]


def main():
    order = json.load(sys.stdin)
    build_plant(order["settings"])
    run("sh", "-c", order["load"], input=order["ruleset"].encode())
    answers = answered(order["attempts"])
    frames = carried(order["frames"])
    listing = subprocess.run(["sh", "-c", order["list"]], capture_output=True, check=True).stdout
    json.dump({"answered": answers, "carried": frames, "listing": listing.decode()}, sys.stdout)


main()
