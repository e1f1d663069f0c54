import { connect as openTcp, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import ssh2, { type Client, type ServerHostKeyAlgorithm } from "ssh2";
import { SessionError } from "../session.ts";
import { authentication } from "./authentication.ts";
import type { Identity } from "./identity.ts";
import { fingerprint, type PublicKey, parsePublicKey } from "./public-key.ts";
import { type Privilege, type RemoteSession, remoteSession } from "./remote-session.ts";
import { silentConnection, silentLogin } from "./silence.ts";

/** A host that is logged in to, on the way or as the end of it. */
export interface Hop {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** OpenSSH public key lines; the host must present one of them. There is no way to skip this. */
  readonly hostKeys: readonly string[];
}

export interface ConnectOptions extends Hop {
  readonly identity: Identity;
  /** Hosts to go through, in this order; each must accept the same identity. */
  readonly through?: readonly Hop[];
  /** Whether the login itself may administrate, or runs its commands through sudo without a password. */
  readonly privilege?: Privilege;
  /** How long reaching and logging in to one host may take, in milliseconds. */
  readonly connectTimeoutMs?: number;
  /** The connection counts as lost after three of these without an answer, in milliseconds. */
  readonly keepaliveMs?: number;
}

/** Signature algorithms per key type (RFC 8332 for RSA; SHA-1 signatures are not accepted). */
const algorithms: Readonly<Record<string, readonly ServerHostKeyAlgorithm[]>> = {
  "ssh-ed25519": ["ssh-ed25519"],
  "ecdsa-sha2-nistp256": ["ecdsa-sha2-nistp256"],
  "ecdsa-sha2-nistp384": ["ecdsa-sha2-nistp384"],
  "ecdsa-sha2-nistp521": ["ecdsa-sha2-nistp521"],
  "ssh-rsa": ["rsa-sha2-512", "rsa-sha2-256"],
};

/**
 * Opens a session with a host whose key is pinned, through other pinned hosts where `through` names them.
 * @throws {SessionError} `unreachable`, `host-key` (both fingerprints named), `authentication`.
 */
export async function connect(options: ConnectOptions): Promise<RemoteSession> {
  const hops = [...(options.through ?? []), options];
  const socket = openTcp({ host: hops[0]!.host, port: hops[0]!.port, noDelay: true });
  // Who uses it hears of an error too; after that nobody does.
  socket.on("error", () => undefined);
  try {
    let client = await logIn(hops[0]!, options, socket);
    for (const hop of hops.slice(1)) {
      const way = client;
      client = await logIn(hop, options, await forward(way, hop, options));
      joinEnds(way, client);
    }
    // What is said of the way is about the first host on it.
    const { host, port } = hops[0]!;
    return remoteSession(client, placeOf(options), options.privilege ?? "login", {
      cut: () => cut(socket),
      silence: () => silentConnection(host, port),
    });
  } catch (error) {
    cut(socket);
    throw error;
  }
}

/**
 * Ends a wire at once, and all that goes through it. What was not sent yet is never sent, unless its end was announced
 * already: then it cannot be reset any more, and an attempt would leave it open for ever.
 */
function cut(socket: Socket): void {
  if (socket.connecting || socket.writableEnded) socket.destroy();
  else if (!socket.destroyed) socket.resetAndDestroy();
}

const defaultConnectMs = 15_000;

/** The way in ends with what it leads to, and the other way round. */
function joinEnds(way: Client, client: Client): void {
  client.once("close", () => way.end());
  way.on("error", () => client.destroy());
}

const placeOf = (hop: Hop): string => `${hop.user}@${hop.host}:${hop.port}`;

/** A wire from a host that is logged in to, to the next one. */
function forward(client: Client, next: Hop, { connectTimeoutMs }: ConnectOptions): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const fail = (why: string): void => {
      clearTimeout(timer);
      reject(
        new SessionError("unreachable", `cannot reach ${placeOf(next)} from the host before it: ${why}`),
      );
    };
    const timer = setTimeout(() => fail("it does not answer"), connectTimeoutMs ?? defaultConnectMs);
    try {
      client.forwardOut("127.0.0.1", 0, next.host, next.port, (error, channel) => {
        if (error) return fail(error.message);
        clearTimeout(timer);
        resolve(channel);
      });
    } catch (error) {
      fail((error as Error).message);
    }
  });
}

async function logIn(hop: Hop, options: ConnectOptions, wire: Duplex): Promise<Client> {
  const pinned = hop.hostKeys.map(parsePublicKey);
  const place = placeOf(hop);
  if (pinned.length === 0) throw new SessionError("host-key", `no host key is pinned for ${place}`);
  let presented: Buffer | undefined;
  const client = new ssh2.Client();
  try {
    await new Promise<void>((resolve, reject) => {
      client.once("ready", resolve);
      client.once("error", (error) =>
        reject(explain(error, place, pinned, presented, () => silentLogin(wire, hop.host))),
      );
      client.once("close", () =>
        reject(
          new SessionError("unreachable", `${place} closed the connection before the login was complete`),
        ),
      );
      client.connect({
        sock: wire,
        username: hop.user,
        readyTimeout: options.connectTimeoutMs ?? defaultConnectMs,
        keepaliveInterval: options.keepaliveMs ?? 5_000,
        keepaliveCountMax: 3,
        algorithms: { serverHostKey: preferred(pinned) },
        hostVerifier: (key: Buffer) => {
          presented = key;
          return pinned.some((one) => one.blob.equals(key));
        },
        ...authentication(options.identity),
      });
    });
  } catch (error) {
    abandon(client);
    throw error;
  }
  // What breaks from here on shows as the end of the wire.
  return client.removeAllListeners().on("error", () => undefined);
}

/** Pinned types first, so that a host with several keys shows a pinned one; the rest, so that a mismatch can be named. */
function preferred(pinned: readonly PublicKey[]): ServerHostKeyAlgorithm[] {
  const types = new Set([...pinned.map((key) => key.type), ...Object.keys(algorithms)]);
  return [...types].flatMap((type) => algorithms[type] ?? []);
}

/** Ends a client that never became a session; what it still says about that is of no interest. */
function abandon(client: Client): void {
  client.removeAllListeners();
  client.on("error", () => undefined);
  client.destroy();
}

/** What the way there answers (errno(3)), in words. */
const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens there: does sshd run, is the port right?",
  EHOSTUNREACH: "nobody has that address on the way: is it on, is the address right?",
  ENETUNREACH: "this machine has no way there: is the cable in, is the VPN up?",
  ETIMEDOUT: "nobody answers there",
};

function explain(
  error: Error & { readonly level?: string; readonly code?: string },
  place: string,
  pinned: readonly PublicKey[],
  presented: Buffer | undefined,
  silence: () => string,
): SessionError {
  if (presented && !pinned.some((key) => key.blob.equals(presented))) {
    const known = pinned.map((key) => `${fingerprint(key.blob)} (${key.type})`).join(" or ");
    return new SessionError(
      "host-key",
      `${place} presents the host key ${fingerprint(presented)}, but the site file pins ${known}. ` +
        "Either this is another machine, or its key was changed: compare at the console (ssh-keygen -lf " +
        "/etc/ssh/ssh_host_ed25519_key.pub) before you change site.yaml",
    );
  }
  if (error.level === "client-authentication") {
    return new SessionError(
      "authentication",
      `${place} does not accept this identity: its public key must be in the host's authorized_keys`,
    );
  }
  if (error.level === "agent") {
    return new SessionError("authentication", `the SSH agent does not help: ${error.message}`);
  }
  const means = error.level === "client-timeout" ? silence() : reasons[error.code ?? ""];
  return new SessionError(
    "unreachable",
    `cannot reach ${place}: ${error.message}${means ? ` (${means})` : ""}`,
  );
}
