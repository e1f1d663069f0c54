import { connect, createServer } from "node:net";
import { createInterface } from "node:readline";

/** What the supervisor of a running lab can be told to do. */
export type Order =
  /** Pulls the cable of the management network at the firewall: packets vanish, nobody is told. */
  | { readonly do: "cut-link" }
  | { readonly do: "mend-link" }
  | { readonly do: "stop-sshd" }
  | { readonly do: "start-sshd" }
  /** Cuts the firewall's power and starts it again: only what is on its disk is left. */
  | { readonly do: "reboot" }
  /** Runs a command at the firewall's console, as its root: no SSH, no management link. */
  | { readonly do: "console"; readonly argv: readonly string[] }
  /** Stops the programs of a host without closing their sessions. */
  | { readonly do: "freeze"; readonly host: string }
  | { readonly do: "thaw"; readonly host: string }
  /** Records what passes the switch of the cell. */
  | { readonly do: "record"; readonly seconds: number; readonly file: string };

type Answer = { readonly said: string } | { readonly error: string };

/** Serves orders on a Unix socket, one at a time on each connection: a line of JSON in, a line of JSON back. */
export function serveOrders(socketPath: string, carryOut: (order: Order) => Promise<string>): Promise<void> {
  const server = createServer((socket) => {
    createInterface(socket).on("line", async (line) => {
      const answer: Answer = await carryOut(JSON.parse(line) as Order).then(
        (said) => ({ said }),
        (error: unknown) => ({ error: error instanceof Error ? error.message : String(error) }),
      );
      socket.end(`${JSON.stringify(answer)}\n`);
    });
    // Somebody who gives an order and goes away is no reason to stop.
    socket.on("error", (error) => process.stderr.write(`control: ${error.message}\n`));
  });
  return new Promise((resolve, reject) => {
    server.on("error", reject);
    server.listen(socketPath, resolve);
  });
}

/** Has the supervisor carry out an order to its end. Resolves with its output; rejects with what went wrong. */
export function giveOrder(socketPath: string, order: Order): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(socketPath, () => socket.write(`${JSON.stringify(order)}\n`));
    let text = "";
    socket.setEncoding("utf8").on("data", (part: string) => {
      text += part;
    });
    socket.on("error", reject);
    socket.on("close", () => {
      if (text === "") return reject(new Error("the lab ended before the order was carried out"));
      const answer = JSON.parse(text) as Answer;
      if ("error" in answer) reject(new Error(answer.error));
      else resolve(answer.said);
    });
  });
}
