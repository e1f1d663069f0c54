import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";

/** What a test with a real sshd needs, or undefined when all of it is here. */
export const missingForSshd: string | undefined =
  process.getuid?.() !== 0 ? "root" : !existsSync("/usr/sbin/sshd") ? "sshd (openssh-server)" : undefined;

export interface Sshd {
  readonly port: number;
  readonly user: string;
  readonly folder: string;
  readonly hostKey: string;
  /** Private key file that the server accepts; its public half is beside it. */
  readonly identity: string;
  /** Server processes of the sessions that are open now. */
  sessions(): readonly number[];
  stop(): void;
}

export const makeKey = (file: string): void => {
  execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "test", "-f", file]);
};

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });

/** A real OpenSSH server on a port of its own, with keys of its own, behind `prefix` (such as `nsenter …`). */
export async function startSshd(
  settings: readonly string[] = [],
  prefix: readonly string[] = [],
  address = "127.0.0.1",
): Promise<Sshd> {
  mkdirSync("/run/sshd", { recursive: true, mode: 0o755 });
  const folder = mkdtempSync(join(tmpdir(), "sluice-sshd-"));
  const port = await freePort();
  makeKey(join(folder, "host"));
  makeKey(join(folder, "id"));
  writeFileSync(join(folder, "authorized_keys"), readFileSync(join(folder, "id.pub")), { mode: 0o600 });
  const options = [
    `Port=${port}`,
    `ListenAddress=${address}`,
    `HostKey=${join(folder, "host")}`,
    `AuthorizedKeysFile=${join(folder, "authorized_keys")}`,
    "StrictModes=no",
    "UsePAM=no",
    "PermitRootLogin=yes",
    "PidFile=none",
    // Tells bash that it is not the first shell, so that it leaves the tester's own start files alone.
    "SetEnv=SHLVL=5",
    ...settings,
  ].flatMap((option) => ["-o", option]);
  const [command, ...words] = [...prefix, "/usr/sbin/sshd", "-D", "-e", "-f", "/dev/null", ...options];
  const daemon = spawn(command!, words, { stdio: ["ignore", "ignore", "pipe"] });
  await listening(daemon);
  return {
    port,
    user: userInfo().username,
    folder,
    hostKey: readFileSync(join(folder, "host.pub"), "utf8").trim(),
    identity: join(folder, "id"),
    sessions: () => childrenOf(daemon.pid!),
    stop: () => {
      daemon.kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function listening(daemon: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let log = "";
    daemon.stderr!.on("data", (chunk: Buffer) => {
      log += chunk.toString();
      if (log.includes("Server listening")) resolve();
    });
    daemon.once("exit", () => reject(new Error(`sshd ended: ${log}`)));
  });
}

const childrenOf = (pid: number): readonly number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").filter(Boolean).map(Number);

/** One whose sessions are on a host in namespaces of its own. */
export const startSshdOf = ({ prefix }: { readonly prefix: readonly string[] }): Promise<Sshd> =>
  startSshd([`ForceCommand=${prefix.join(" ")} sh -c "$SSH_ORIGINAL_COMMAND"`]);
