import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { FirewallHost } from "./firewall-host.ts";

/** Something listens at /dev/log where a host has a log (syslog(3)): this is it, for as many lines. */
const listener = `
import socket, sys
log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
log.bind("/dev/log")
print("listening", flush=True)
for _ in range(int(sys.argv[1])):
    print(log.recv(4096).decode().rstrip("\\0\\n"), flush=True)
`;

/** Gives a host a log of its own. Resolves when it listens, with a function that waits for its first lines. */
export async function listenToLog(
  host: FirewallHost,
  lines: number,
): Promise<() => Promise<readonly string[]>> {
  host.run(
    "mkdir -p /var/lib/dev && cp -a /dev/null /dev/zero /dev/urandom /var/lib/dev && mount --bind /var/lib/dev /dev",
  );
  const [command, ...words] = [...host.prefix, "python3", "-c", listener, String(lines)];
  const child = spawn(command!, words, { stdio: ["ignore", "pipe", "inherit"] });
  const said = createInterface(child.stdout)[Symbol.asyncIterator]();
  await said.next();
  return async () => {
    const heard: string[] = [];
    for (let next = await said.next(); !next.done; next = await said.next()) heard.push(next.value);
    return heard;
  };
}
