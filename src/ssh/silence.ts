import { connect, type Socket } from "node:net";
import type { Duplex } from "node:stream";

/** The first line of a server is shorter, and what follows it, its algorithms, is longer (RFC 4253, sections 4.2 and 7.1). */
const longestGreeting = 512;

/** How long a server may take to greet while somebody waits to be told, in milliseconds. */
const patienceMs = 1_000;

const tryPing = (host: string): string => `try ping -M do -s 1400 ${host}`;

/** What a login that nothing came of may mean, by how far it came. */
export function silentLogin(wire: Duplex, host: string): string {
  const { connecting, bytesRead } = wire as Partial<Socket>;
  if (connecting) return "nobody answers there: is it on, is the address right, is the way there (a VPN) up?";
  if (bytesRead === 0)
    return "it takes connections and says nothing: is it sshd that listens there, and is the host well?";
  return bytesRead !== undefined && bytesRead <= longestGreeting
    ? `it greeted, and nothing came after that: small packets pass and large ones do not, as where the MTU on the way is smaller than both ends think (a VPN): ${tryPing(host)}`
    : "it stopped answering on the way";
}

/**
 * What the silence of a connection may mean, which is asked while it is: a new connection that is greeted shows that the host runs
 * and that small packets pass. Empty where none is.
 */
export async function silentConnection(host: string, port: number): Promise<string> {
  if (!(await greets(host, port))) return "";
  return (
    ". A new connection is greeted all the same: the host runs and small packets pass. Something on the way may drop large packets (a " +
    `smaller MTU: ${tryPing(host)}), or have forgotten this connection (a NAT or firewall, after silence)`
  );
}

const greets = (host: string, port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ host, port, timeout: patienceMs });
    const settle = (answer: boolean) => (): void => {
      clearTimeout(impatience);
      socket.destroy();
      resolve(answer);
    };
    const impatience = setTimeout(settle(false), patienceMs);
    socket.once("data", settle(true)).once("error", settle(false)).once("close", settle(false));
  });
