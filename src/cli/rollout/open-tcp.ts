import { connect } from "node:net";
import type { ProbeAnswer } from "../../target.ts";

/** Opens a TCP connection from this machine and closes it without sending anything. */
export const openTcp = (address: string, port: number, seconds: number): Promise<ProbeAnswer> =>
  new Promise((resolve) => {
    const socket = connect({ host: address, port, timeout: seconds * 1000 });
    const end = (answer: ProbeAnswer): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.once("connect", () => end("open"));
    socket.once("timeout", () => end("closed"));
    socket.once("error", () => end("closed"));
  });
