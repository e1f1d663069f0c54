import { spawn } from "node:child_process";
import { join } from "node:path";
import type { FirewallHost } from "./firewall-host.ts";

/** Opens a TCP session from port 40000 between two new addresses of a host, and holds it until it is closed. */
export async function openSession(
  host: FirewallHost,
  client: string,
  server: string,
  port: number,
): Promise<{ close(): void }> {
  const script = join(import.meta.dirname, "open-session.py");
  const [command, ...words] = [...host.prefix, "python3", script, client, server, String(port)];
  const child = spawn(command!, words, { stdio: ["pipe", "pipe", "inherit"] });
  await new Promise<void>((resolve, reject) => {
    child.stdout.once("data", () => resolve());
    child.once("close", (code) => reject(new Error(`no session: exit code ${code}`)));
  });
  return { close: () => child.stdin.end() };
}
