import { constants } from "node:os";
import type { Client, ClientChannel } from "ssh2";
import { type CommandResult, type Session, SessionError } from "../session.ts";
import { quoteWords } from "./quote.ts";
import { sudoRefusal } from "./sudo.ts";
import { turns } from "./turns.ts";

/** More than any listing of a firewall; a command that prints more is out of hand. */
const outputLimit = 256 * 1024 * 1024;
const defaultTimeoutMs = 30_000;

/**
 * What every command starts with: messages in English whatever the host speaks, and the folders of administration
 * commands, which a login that is not root has not in its path.
 */
const environment = ["env", "LC_ALL=C", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"];

/**
 * What the far shell says before a command starts. Its own start files may have printed something before, on the output
 * of the command: all of that is not the answer.
 */
const begin = "sluice: the answer begins here";

/**
 * What is said behind a command, whatever became of it. Without it the answer is not whole, be the exit status what it may: a
 * wrapper on the host cut it. What the wrapper itself says comes behind it.
 */
const end = "sluice: the answer ends here";
const toItsEnd = ["sh", "-c", `"$@"; code=$?; echo; echo "${end}"; exit $code`, "sh"];

/** What sshd admits on one connection unless it is told to admit fewer (MaxSessions of sshd_config(5)). */
const mostAtOnce = 10;

export type Privilege = "login" | "sudo";

/** How long the far side may take to say that it has ended too. */
const farewellMs = 2_000;

/** A session of which all commands together can be given a time. */
export interface RemoteSession extends Session {
  /** What runs from now on must be over within so many seconds, each command within its own limit too. */
  allow(seconds: number): void;
}

/** The wire below a session. */
export interface Wire {
  /**
   * Ends it at once: what was not sent is never sent, lest a command that was given up be carried out when the wire is well again.
   * The client's own way to be destroyed does nothing once it was asked to end.
   */
  readonly cut: () => void;
  /** What its silence may mean, as far as that can be found out within a second; words for behind the fact, or none. */
  readonly silence: () => Promise<string>;
}

/** A session over a client that is logged in. `place` is how messages name the host. */
export function remoteSession(
  client: Client,
  place: string,
  privilege: Privilege,
  { cut, silence }: Wire,
): RemoteSession {
  const prefix = privilege === "sudo" ? ["sudo", "-n", ...environment] : environment;
  let broken: SessionError | undefined;
  let ends = Number.POSITIVE_INFINITY;
  let gaveUp = false;
  /** Whether a command was carried out: then a refusal tells nothing of those before. */
  let hasAnswered = false;
  const waiting = new Set<(error: SessionError) => void>();
  const atOnce = turns(mostAtOnce);
  const lose = (message: string): void => {
    broken ??= new SessionError("lost", `the connection to ${place} is lost: ${message}`);
    for (const reject of waiting) reject(broken);
  };
  let isSilent = false;
  client.on("error", (error: Error & { readonly level?: string }) => {
    isSilent = error.level === "client-timeout";
    if (isSilent) void silence().then((means) => lose(`${error.message}${means}`));
    else lose(error.message);
    cut();
  });
  client.on("close", () => {
    if (!isSilent) lose("the far side closed it");
  });

  return {
    allow(seconds) {
      ends = performance.now() + seconds * 1000;
    },
    async run(argv, options = {}) {
      if (broken) throw broken;
      const line = `${quoteWords(["echo", begin])}; ${quoteWords(["exec", ...prefix, ...toItsEnd, ...argv])}`;
      const timeoutMs = Math.min(options.timeoutMs ?? defaultTimeoutMs, ends - performance.now());
      // What is given up must not be carried out: once it is sent, nobody can take it back.
      if (timeoutMs <= 0) {
        throw new SessionError(
          "timeout",
          `the time for this step was over before "${argv[0]}" was sent to ${place}`,
        );
      }
      const late = new SessionError(
        "timeout",
        `${place} did not finish "${argv[0]}" within ${(timeoutMs / 1000).toFixed(0)} s`,
      );
      return new Promise<CommandResult>((resolve, reject) => {
        let channel: ClientChannel | undefined;
        let isStarted = false;
        const settle = (action: () => void): void => {
          if (!waiting.delete(fail)) return;
          clearTimeout(timer);
          action();
          if (isStarted) atOnce.leave();
        };
        const fail = (error: SessionError): void => settle(() => reject(error));
        // What a wire that is cut makes of a command is not the reason.
        const unlessSilent = (error: SessionError): void => {
          if (!isSilent) fail(error);
        };
        const refused = (stderr: string): SessionError | undefined => {
          const why = privilege === "sudo" && !hasAnswered && sudoRefusal(stderr);
          return why ? new SessionError("privilege", `${place}: ${why}`) : undefined;
        };
        const timer = setTimeout(() => {
          gaveUp = true;
          channel?.destroy();
          fail(late);
        }, timeoutMs);
        waiting.add(fail);
        const opens = (error: Error | undefined, opened: ClientChannel): void => {
          if (error) {
            if (waiting.has(fail) && atOnce.putBack(start)) isStarted = false;
            else unlessSilent(new SessionError("lost", `${place} opens no channel: ${error.message}`));
          }
          // Nobody waits for it any more, so it must not be given what it was to do.
          else if (!waiting.has(fail)) opened.destroy();
          else {
            channel = opened;
            collect(opened, place, refused).then((result) => {
              hasAnswered = true;
              settle(() => resolve(result));
            }, unlessSilent);
            opened.end(options.stdin ?? "");
          }
        };
        const start = (): void => {
          if (!waiting.has(fail)) {
            atOnce.leave();
            return;
          }
          isStarted = true;
          if (broken) {
            fail(broken);
            return;
          }
          try {
            client.exec(line, opens);
          } catch (error) {
            // The far side has ended the wire, and its last word has not been read yet.
            const why = (error as Error).message;
            unlessSilent(new SessionError("lost", `the connection to ${place} is lost: ${why}`));
          }
        };
        atOnce.take(start);
      });
    },
    async close() {
      if (broken) return;
      lose("it was closed");
      // A host that was given up will not say goodbye either, and must not carry out what it did not get yet.
      if (gaveUp || isSilent) {
        cut();
        return;
      }
      await new Promise<void>((resolve) => {
        const impatience = setTimeout(() => {
          cut();
          resolve();
        }, farewellMs);
        client.once("close", () => {
          clearTimeout(impatience);
          resolve();
        });
        client.end();
      });
    },
  };
}

/** Gathers what one command prints until it ends. Rejects when the channel ends without an exit status. */
function collect(
  channel: ClientChannel,
  place: string,
  refused: (stderr: string) => SessionError | undefined,
): Promise<CommandResult> {
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  let size = 0;
  return new Promise((resolve, reject) => {
    const keep = (chunks: Buffer[]) => (chunk: Buffer) => {
      size += chunk.length;
      chunks.push(chunk);
      if (size <= outputLimit) return;
      channel.destroy();
      reject(new SessionError("lost", `${place} printed more than ${outputLimit} bytes; not read further`));
    };
    channel.on("data", keep(out));
    channel.stderr.on("data", keep(err));
    let status: number | undefined;
    channel.on("exit", (code: number | null, signal?: string) => {
      status = code ?? 128 + signalNumber(signal);
    });
    channel.on("error", (error: Error) => reject(new SessionError("lost", `${place}: ${error.message}`)));
    channel.on("close", () => {
      if (status === undefined) {
        reject(new SessionError("lost", `${place} ended the command without saying how`));
        return;
      }
      const said = text(out);
      const start = said.indexOf(`${begin}\n`);
      if (start < 0) {
        reject(new SessionError("lost", `${place} ran something else than what was asked: ${excerpt(err)}`));
        return;
      }
      const stop = said.lastIndexOf(`\n${end}\n`);
      if (stop <= start) {
        const reason = `${place} did not answer to the end, with exit code ${status}: ${excerpt(err)}`;
        reject(refused(text(err)) ?? new SessionError("lost", reason));
        return;
      }
      resolve({ code: status, stdout: said.slice(start + begin.length + 1, stop), stderr: text(err) });
    });
  });
}

const text = (chunks: readonly Buffer[]): string => Buffer.concat(chunks).toString("utf8");

/** What a message has room for. */
const excerpt = (chunks: readonly Buffer[]): string => text(chunks).trim().slice(0, 500);

/** RFC 4254, section 6.10 names signals without `SIG`. Shells report a killed command as 128 + its number. */
const signalNumber = (name: string | undefined): number =>
  new Map(Object.entries(constants.signals)).get(`SIG${name?.replace(/^SIG/, "")}`) ?? 0;
