import { targets } from "../../../targets/index.ts";
import type { Plan } from "../../plan/plan.ts";
import type { Firewall, Site } from "../../policy/model.ts";
import type { Connection } from "../../rollout/change.ts";
import { SessionError } from "../../session.ts";
import type { Identity } from "../../ssh/identity.ts";
import { DriverError } from "../../target.ts";
import { CommandError, type Context, exitCodes } from "../context.ts";
import { findNamed } from "../find-named.ts";
import { untilInterrupted } from "./interruption.ts";
import { noticing } from "./touched.ts";

/** A firewall as a plan names it: all that is needed to reach and drive it. */
export type Place = Plan["firewall"];

export const placeOf = (firewall: Firewall): Place => ({
  id: firewall.id,
  target: firewall.target,
  address: firewall.address,
  ssh: {
    user: firewall.ssh.user,
    port: firewall.ssh.port,
    hostKeys: [...firewall.ssh.hostKeys],
    privilege: firewall.ssh.sudo ? "sudo" : "login",
    through: (firewall.jumpHosts ?? []).map(({ address, user, port, hostKeys }) => ({
      host: address,
      user,
      port,
      hostKeys: [...hostKeys],
    })),
  },
  bootFile: firewall.bootFile,
  bootEntry: firewall.bootEntry,
  ...(firewall.transparent && { transparent: true }),
  ...(firewall.highAvailability && { paired: true }),
});

/** The argument of commands about one firewall. */
export const firewallArgument = { parse: String, placeholder: "FIREWALL", brief: "The firewall" } as const;

/** The firewall of that id. @throws {CommandError} */
export const firewallOf = (site: Pick<Site, "firewalls">, id: string): Firewall =>
  findNamed(site.firewalls, id, "firewall");

/** What is said of a change to one member of a pair alone, as a line of its own; empty for any other firewall. */
export const pairHint = ({ id, highAvailability }: Firewall): string =>
  highAvailability
    ? `${id} is a pair with ${highAvailability.peer}: "sluice status" says whether a failover changes what passes\n`
    : "";

/** Connects to a firewall. @throws {SessionError} */
export async function reach(place: Place, identity: Identity, keepaliveMs?: number): Promise<Connection> {
  const target = targets.get(place.target);
  if (!target) throw new CommandError(`firewall ${place.id}: there is no target "${place.target}"`);
  // The SSH library is heavy, and most commands never connect.
  const { connect } = await import("../../ssh/connect.ts");
  const session = await connect({
    host: place.address,
    ...place.ssh,
    identity,
    ...(keepaliveMs === undefined ? {} : { keepaliveMs }),
  });
  return {
    driver: target.driver(session, place),
    allow: (seconds) => session.allow(seconds),
    close: () => session.close(),
  };
}

/** Seconds for everything that one command of ours does on a firewall, over the slowest wire that is of any use. */
const patience = 600;

/**
 * Does something on a firewall and closes the connection. What goes wrong on the wire or there becomes the message;
 * `exitCode` says what it means for the firewall once something was asked of it that changes it.
 */
export async function onFirewall<T>(
  place: Place,
  identity: Identity,
  action: (connection: Connection) => Promise<T>,
  exitCode: number = exitCodes.failed,
): Promise<T> {
  const connection = await reach(place, identity).catch(explain(place, () => exitCodes.failed));
  connection.allow(patience);
  const { driver, isTouched } = noticing(connection.driver);
  try {
    return await action({ ...connection, driver }).catch(
      explain(place, () => (isTouched() ? exitCode : exitCodes.failed)),
    );
  } finally {
    await connection.close();
  }
}

/** How often a command that is slow says that it is still at work, in milliseconds. */
const signOfLifeMs = 10_000;

/**
 * As `onFirewall`, for what changes something there. Once begun it is finished, whatever the terminal asks for meanwhile,
 * since half of it would be a state that nobody planned; over a slow wire it says that it is still at work.
 */
export async function changeFirewall<T>(
  { process }: Context,
  place: Place,
  identity: Identity,
  action: (connection: Connection) => Promise<T>,
): Promise<T> {
  const start = performance.now();
  const tell = (line: string): void => void process.stderr.write(`${place.id}: ${line}\n`);
  const signOfLife = setInterval(() => {
    const seconds = Math.round((performance.now() - start) / 1000);
    tell(`still at work after ${seconds} s, its answers are slow`);
  }, signOfLifeMs);
  try {
    return await untilInterrupted((signal) => {
      signal.addEventListener("abort", () => tell("what was begun there is finished first"), { once: true });
      return onFirewall(place, identity, action, exitCodes.unproven);
    });
  } finally {
    clearInterval(signOfLife);
  }
}

const explain =
  (place: Place, exitCode: () => number) =>
  (error: unknown): never => {
    if (!(error instanceof SessionError || error instanceof DriverError)) throw error;
    throw new CommandError(`firewall ${place.id}: ${error.message}`, exitCode());
  };
