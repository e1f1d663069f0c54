import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/**
 * The guest's end of its second serial line. Says that it is there, then takes scripts, a line of base64 each, and
 * answers with what each said and its exit code.
 */
export const consoleScript = `#!/bin/sh
exec < /dev/ttyS1 > /dev/ttyS1
stty raw -echo
echo up
while read -r id script; do
  said=$(sh -c "$(echo "$script" | base64 -d)" 2>&1 < /dev/null; echo "exit $?")
  echo "$id $(echo "$said" | base64 -w 0)"
done
`;

export interface Console {
  /**
   * Runs a shell line as the guest's root: no network, no sshd. Resolves with what it said; rejects when it fails, or is not
   * answered in time.
   */
  run(line: string): Promise<string>;
  /** Resolves when the guest says that it is there, the next time that it starts. */
  untilUp(): Promise<void>;
}

/** Seconds. A guest whose processor is a program takes its time, the more so when others are busy. */
const [answerPatience, bootPatience] = [60, 120];

/** Opens the far end of the serial line, as soon as it is there. */
export async function openConsole(socketPath: string): Promise<Console> {
  const socket = await connectSoon(socketPath);
  let text = "";
  let number = 0;
  socket.setEncoding("latin1").on("data", (part: string) => {
    text += part;
  });
  const untilSaid = async (wanted: RegExp, seconds: number, what: string): Promise<string> => {
    const deadline = performance.now() + seconds * 1000;
    for (;;) {
      const found = wanted.exec(text);
      if (found) {
        text = text.slice(found.index + found[0].length);
        return found[1]!;
      }
      if (performance.now() > deadline) throw new Error(`${what}: not within ${seconds} s`);
      await sleep(20);
    }
  };
  // One line at a time: the guest has one shell, and reads a line only when it has answered the one before.
  let last: Promise<unknown> = Promise.resolve();
  const ask = async (line: string): Promise<string> => {
    const id = `n${++number}`;
    socket.write(`${id} ${Buffer.from(line).toString("base64")}\n`);
    const answer = await untilSaid(
      new RegExp(`^${id} (\\S+)\\r?\\n`, "m"),
      answerPatience,
      `an answer to ${line}`,
    );
    const [, said, code] = /^([\s\S]*)exit (\d+)\n$/.exec(Buffer.from(answer, "base64").toString())!;
    if (code !== "0") throw new Error(`${line} failed on the console (${code}): ${said}`);
    return said!;
  };
  return {
    run(line) {
      const answer = last.then(() => ask(line));
      last = answer.catch(() => undefined);
      return answer;
    },
    untilUp: async () => void (await untilSaid(/^(up)\r?\n/m, bootPatience, "the guest boots")),
  };
}

async function connectSoon(socketPath: string): Promise<Socket> {
  for (;;) {
    const socket = connect(socketPath);
    const error = await new Promise<NodeJS.ErrnoException | undefined>((resolve) => {
      socket.once("connect", () => resolve(undefined)).once("error", resolve);
    });
    if (error === undefined) return socket;
    if (error.code !== "ENOENT" && error.code !== "ECONNREFUSED") throw error;
    await sleep(20);
  }
}
