import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { sha256 } from "../../../src/digest.ts";

const program = "/usr/sbin/clickhouse-server";
export const openssl = "/usr/bin/openssl";

/** What a test of a real server needs, or undefined when all of it is here. */
export const missingForServer: string | undefined = [program, openssl].find((path) => !existsSync(path));

export const password = "Schlüssel: 3";

/** The accounts of the server, each with that password, and what their profiles say. */
const accounts: Readonly<Record<string, Readonly<Record<string, string | number>>>> = {
  default: {},
  reader: { readonly: 1 },
  tuner: { readonly: 2 },
  few: { readonly: 2, max_result_rows: 5 },
  brief: { readonly: 1, max_execution_time: 1 },
  partial: { readonly: 2, max_result_rows: 5, result_overflow_mode: "break" },
  stubborn: { readonly: 1, max_rows_to_read: 5, read_overflow_mode: "break" },
};

export interface Server {
  readonly http: number;
  readonly https: number;
  readonly child: ChildProcess;
}

/**
 * Starts a server of its own on the loopback: Debian's, which is of 2018 and knows nothing of the statement itself, but has the
 * interface, the accounts and the limits that all since have.
 * @param folder has `server.crt` and `server.key`.
 */
export async function startServer(folder: string): Promise<Server> {
  const [http, https, tcp] = await Promise.all([freePort(), freePort(), freePort()]);
  for (const name of ["data", "tmp"]) mkdirSync(join(folder, name), { recursive: true });
  const config = {
    logger: { level: "error", log: join(folder, "log"), errorlog: join(folder, "errors") },
    ...{ http_port: http, https_port: https, tcp_port: tcp, listen_host: "127.0.0.1" },
    ...{ path: `${folder}/data/`, tmp_path: `${folder}/tmp/`, users_config: "users.xml" },
    ...{ default_profile: "default", default_database: "default", mark_cache_size: 1 << 20 },
    openSSL: {
      server: {
        certificateFile: join(folder, "server.crt"),
        privateKeyFile: join(folder, "server.key"),
        verificationMode: "none",
        loadDefaultCAFile: "false",
      },
    },
  };
  const users = Object.keys(accounts).map((name) => [
    name,
    { password_sha256_hex: sha256(password), networks: { ip: "127.0.0.1" }, profile: name, quota: "default" },
  ]);
  writeFileSync(join(folder, "config.xml"), xml({ yandex: config }));
  writeFileSync(
    join(folder, "users.xml"),
    xml({ yandex: { profiles: accounts, users: Object.fromEntries(users), quotas: { default: "" } } }),
  );
  const child = spawn(program, [`--config-file=${join(folder, "config.xml")}`], { stdio: "ignore" });
  while (!(await answers(http))) {
    if (child.exitCode !== null)
      throw new Error(`${program} ended with ${child.exitCode}: see ${folder}/errors`);
    await pause(30);
  }
  return { http, https, child };
}

const answers = (port: number): Promise<boolean> =>
  fetch(`http://127.0.0.1:${port}/ping`).then(
    ({ ok }) => ok,
    () => false,
  );

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

type Tree = { readonly [name: string]: Tree | string | number };
const xml = (tree: Tree): string =>
  Object.entries(tree)
    .map(([name, value]) => `<${name}>${typeof value === "object" ? xml(value) : value}</${name}>`)
    .join("\n");

/** Makes an authority, `ca.crt`, in a folder. */
export function makeAuthority(folder: string): void {
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  sign(folder, [
    "req",
    "-x509",
    ...key,
    "-keyout",
    "ca.key",
    "-out",
    "ca.crt",
    "-subj",
    "/CN=plant authority",
  ]);
}

/** Has the authority sign `NAME.crt` for a host. @param days of validity from now; what is negative has ended. */
export function makeCertificate(folder: string, name: string, host: string, days: number): void {
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  const files = (end: string): string => `${name}.${end}`;
  sign(folder, ["req", ...key, "-keyout", files("key"), "-out", files("csr"), "-subj", "/CN=cluster"]);
  writeFileSync(join(folder, files("ext")), `subjectAltName=${host}`);
  const signing = ["-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-days", String(days)];
  sign(folder, [
    "x509",
    "-req",
    "-in",
    files("csr"),
    ...signing,
    "-extfile",
    files("ext"),
    "-out",
    files("crt"),
  ]);
}

const sign = (cwd: string, words: readonly string[]): void => {
  execFileSync(openssl, words, { cwd, stdio: "pipe" });
};
