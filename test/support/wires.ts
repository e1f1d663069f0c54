import type { Session } from "../../src/session.ts";
import { connect } from "../../src/ssh/connect.ts";
import { readIdentity } from "../../src/ssh/identity.ts";
import type { FirewallHost } from "./firewall-host.ts";
import { localSession } from "./local-session.ts";
import { startSshdOf } from "./sshd.ts";

/** Ways to reach a host in a namespace. */
export const locally = async (host: FirewallHost): Promise<Session> => localSession(host.prefix);

/** Through a real OpenSSH server, which ends with the session. */
export async function overSshd(host: FirewallHost): Promise<Session> {
  const sshd = await startSshdOf(host);
  const session = await connect({
    host: "127.0.0.1",
    port: sshd.port,
    user: sshd.user,
    identity: readIdentity(sshd.identity, undefined),
    hostKeys: [sshd.hostKey],
  });
  return {
    run: (argv, options) => session.run(argv, options),
    close: async () => {
      await session.close();
      sshd.stop();
    },
  };
}
