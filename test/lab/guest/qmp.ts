import { connect } from "node:net";

/**
 * Gives QEMU one order, such as `system_reset` (QEMU Machine Protocol: negotiate first, a line of JSON each way). Rejects when it
 * is refused.
 */
export function giveQemu(socketPath: string, order: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const say = (execute: string): void => void socket.write(`${JSON.stringify({ execute })}\n`);
    const socket = connect(socketPath, () => {
      say("qmp_capabilities");
      say(order);
    });
    let answers = 0;
    let text = "";
    socket.setEncoding("utf8").on("data", (part: string) => {
      const lines = (text + part).split("\n");
      text = lines.pop()!;
      for (const line of lines) {
        const said = JSON.parse(line) as {
          readonly error?: { readonly desc: string };
          readonly return?: unknown;
        };
        if (said.error) reject(new Error(`qemu: ${said.error.desc}`));
        if (said.return !== undefined) answers += 1;
      }
      if (answers === 2) {
        resolve();
        socket.destroy();
      }
    });
    socket.on("error", reject);
  });
}
