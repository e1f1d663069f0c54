"""Opens a TCP session between two addresses of this host and holds it: prints "open", then waits for its end."""
import socket
import subprocess
import sys

client, server, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
for address in (client, server):
    subprocess.run(["ip", "address", "add", address, "dev", "lo"], check=True)
listener = socket.create_server((server, port))
mine = socket.create_connection((server, port), source_address=(client, 40000))
theirs, _ = listener.accept()
mine.sendall(b"request")
theirs.sendall(theirs.recv(16))
mine.recv(16)
print("open", flush=True)
sys.stdin.read()
