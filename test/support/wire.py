"""Carries TCP connections from this machine's loopback through a network namespace: `PID ADDRESS PORT`.

Prints the port that it listens on. What becomes of a connection is decided by the namespace: on a cable that is pulled
there, packets vanish, and neither end is told.
"""

import ctypes
import os
import socket
import sys
import threading

CLONE_NEWNET = 0x40000000


def enter_network_of(pid):
    """The calling thread, and those that it starts from now on (setns(2))."""
    with open(f"/proc/{pid}/ns/net") as namespace:
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.setns(namespace.fileno(), CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def pump(source, sink):
    """Until one end closes or breaks; then both are over."""
    try:
        while data := source.recv(65536):
            sink.sendall(data)
    except OSError:
        pass
    for end in (source, sink):
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def carry(near, far_end):
    try:
        far = socket.create_connection(far_end)
    except OSError:
        near.close()
        return
    threading.Thread(target=pump, args=(far, near), daemon=True).start()
    pump(near, far)


pid, address, port = sys.argv[1:]
listener = socket.create_server(("127.0.0.1", 0))
enter_network_of(pid)
print(listener.getsockname()[1], flush=True)
while True:
    connection, _ = listener.accept()
    threading.Thread(target=carry, args=(connection, (address, int(port))), daemon=True).start()
