import ssh2, { type BaseAgent, type ConnectConfig, type ParsedKey } from "ssh2";
import type { Identity } from "./identity.ts";

/** How the client proves who it is: exactly one key, never a password, never another key of the agent. */
export function authentication(identity: Identity): Pick<ConnectConfig, "privateKey" | "agent"> {
  switch (identity.holder.kind) {
    case "file":
      return { privateKey: identity.holder.privateKey };
    case "agent":
      return { agent: oneKeyAgent(identity.holder.socket, identity.publicKey.blob) };
  }
}

/** The agent, showing one key only: an agent with many keys runs into the server's limit of attempts. */
function oneKeyAgent(socket: string, blob: Buffer): BaseAgent {
  const agent = new ssh2.OpenSSHAgent(socket);
  const everyKey = agent.getIdentities.bind(agent);
  agent.getIdentities = (callback) =>
    everyKey((error, keys) =>
      callback(
        error,
        keys?.filter((key) => blob.equals((key as ParsedKey).getPublicSSH())),
      ),
    );
  return agent;
}
