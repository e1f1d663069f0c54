"""Holds TCP sessions through a router, for a test that changes the router's rules in between.

As `serve`: echoes on ports 502 and 9999, and pushes a byte every 50 ms to whoever connects to port 503.
As `ask SERVER`: reads commands on standard input and answers each with one line:
  open PORT       connects; the number of the session, or "no" after 0.6 s
  ask NUMBER      sends a byte and waits for the echo; "yes" or "no" after 0.6 s
  hear NUMBER     forgets what came so far and waits for more; "yes" or "no" after 0.6 s
"""

import socket
import sys
import threading
import time

PATIENCE = 0.6


def echo(peer):
    while data := peer.recv(64):
        peer.sendall(data)


def push(peer):
    while True:
        peer.sendall(b".")
        time.sleep(0.05)


def listen(port, talk):
    listener = socket.create_server(("::", port), family=socket.AF_INET6, dualstack_ipv6=True)
    while True:
        peer, _ = listener.accept()
        threading.Thread(target=talk, args=(peer,), daemon=True).start()


def serve():
    for port, talk in ((502, echo), (9999, echo), (503, push)):
        threading.Thread(target=listen, args=(port, talk), daemon=True).start()
    print("serving", flush=True)
    sys.stdin.read()


def heard(session):
    try:
        return "yes" if session.recv(4096) else "no"
    except TimeoutError:
        return "no"


def drain(session):
    session.setblocking(False)
    try:
        while session.recv(65536):
            pass
    except BlockingIOError:
        pass
    session.settimeout(PATIENCE)


def ask(server):
    sessions = []
    for line in sys.stdin:
        command, number = line.split()
        if command == "open":
            try:
                sessions.append(socket.create_connection((server, int(number)), timeout=PATIENCE))
                answer = str(len(sessions) - 1)
            except TimeoutError:
                answer = "no"
        else:
            session = sessions[int(number)]
            drain(session)
            if command == "ask":
                session.sendall(b"?")
            answer = heard(session)
        print(answer, flush=True)


if sys.argv[1] == "serve":
    serve()
else:
    ask(sys.argv[2])
