import { type IncomingMessage, request as overPlain } from "node:http";
import { request as overTls } from "node:https";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { EngineError } from "../engine-error.ts";
import type { ClickHouseTable } from "./address.ts";
import { brief, readAnswer } from "./answer.ts";
import type { Ask } from "./ask.ts";

/** Who asks; as ClickHouse's own client takes it from the environment. */
export interface Credentials {
  readonly user?: string | undefined;
  readonly password?: string | undefined;
}

/** Milliseconds until a connection stands, and until an answer begins for which nobody has said how long it may take. */
const [connecting, answering] = [10_000, 60_000];
/** After so many milliseconds of silence the system asks whether the other end is still there. */
const keepAlive = 30_000;

/**
 * Asks over ClickHouse's HTTP interface. Not by `fetch`, which gives up on a server that says nothing for five minutes, as one does
 * that aggregates a large table; which takes its word of whom to trust from a variable that switches TLS off; and which hands
 * a password in a header on to wherever a redirect points.
 * @param signal ends a question that is under way.
 */
export const overHttp =
  ({ url }: Pick<ClickHouseTable, "url">, credentials: Credentials, signal?: AbortSignal): Ask =>
  async (sql, row, { settings = {}, within = answering } = {}) => {
    // With the last one a failure has its status, also when it comes late: the server keeps the answer until it is whole.
    const query = new URLSearchParams({ ...settings, wait_end_of_query: "1" });
    const answer = readAnswer(row);
    const request = { url: `${url}?${query}`, body: `${sql}\nFORMAT JSONCompact`, within, signal };
    const response = await post(request, credentials).catch((error: NodeJS.ErrnoException) => {
      throw new EngineError(signal?.aborted ? String(signal.reason) : `${url} ${whyNoAnswer(error)}`);
    });
    const broken = (error: unknown): unknown => {
      if (error instanceof EngineError) return new EngineError(`${url}: ${error.message}`);
      if (signal?.aborted) return new EngineError(String(signal.reason));
      const { code, message } = error as NodeJS.ErrnoException;
      return code === undefined ? error : new EngineError(`${url}: the answer breaks off (${message})`);
    };
    try {
      await refuseUnlessFound(response);
      await linesOf(response, (text) => answer.line(text));
      answer.end();
    } catch (error) {
      throw broken(error);
    } finally {
      response.destroy();
    }
  };

interface Request {
  readonly url: string;
  readonly body: string;
  readonly within: number;
  readonly signal: AbortSignal | undefined;
}

function post(
  { url, body, within, signal }: Request,
  { user = "default", password }: Credentials,
): Promise<IncomingMessage> {
  const basic = Buffer.from(`${user}:${password ?? ""}`).toString("base64");
  const headers = {
    "accept-encoding": "gzip",
    "content-length": Buffer.byteLength(body),
    // Not in ClickHouse's own headers, which hold no letters beyond Latin-1.
    authorization: `Basic ${basic}`,
  };
  const isTls = url.startsWith("https:");
  const send = isTls ? overTls : overPlain;
  return new Promise((resolve, reject) => {
    const request = send(url, {
      ...{ method: "POST", headers, agent: false, rejectUnauthorized: true },
      ...(signal === undefined ? {} : { signal }),
    });
    let timer: NodeJS.Timeout | undefined;
    const limit = (time: number, what: () => string): void => {
      clearTimeout(timer);
      if (time < Number.POSITIVE_INFINITY) timer = setTimeout(() => request.destroy(new Error(what())), time);
    };
    let isReached = false;
    limit(connecting, () =>
      isReached
        ? `no TLS within ${connecting / 1000} s${otherOne}`
        : `no connection within ${connecting / 1000} s`,
    );
    request.on("socket", (socket) => {
      socket.setKeepAlive(true, keepAlive);
      socket.once("connect", () => {
        isReached = true;
      });
      socket.once(isTls ? "secureConnect" : "connect", () =>
        limit(within, () => `nothing is said within ${within / 1000} s`),
      );
    });
    const settle = <T>(end: (value: T) => void) => {
      return (value: T): void => {
        clearTimeout(timer);
        end(value);
      };
    };
    request.on("error", settle(reject)).on("response", settle(resolve)).end(body);
  });
}

/** @throws {EngineError} unless it is the answer itself. */
async function refuseUnlessFound(response: IncomingMessage): Promise<void> {
  const { statusCode: status = 0, headers } = response;
  if (status === 200) return;
  if (status >= 300 && status < 400)
    throw new EngineError(
      `it sends us on to ${headers.location ?? "nowhere"}, which gets neither the question nor the password: give the address ` +
        "of the server itself",
    );
  let text = "";
  await linesOf(response, (line) => {
    text += text.length < 1000 ? `${line}\n` : "";
  });
  throw new EngineError(`HTTP ${status}: ${brief(text) || "it says no more"}`);
}

/** Hands on the lines of a body, which a server or a proxy may have packed. */
async function linesOf(response: IncomingMessage, line: (text: string) => void): Promise<void> {
  const packing = response.headers["content-encoding"] ?? "identity";
  const split = async (body: AsyncIterable<Buffer>): Promise<void> => {
    const decoder = new TextDecoder();
    let rest = "";
    for await (const piece of body) {
      const lines = (rest + decoder.decode(piece, { stream: true })).split("\n");
      rest = lines.pop() ?? "";
      for (const text of lines) line(text);
    }
    if (rest !== "") line(rest);
  };
  if (packing === "gzip") return pipeline(response as Readable, createGunzip(), split);
  if (packing === "identity") return split(response);
  throw new EngineError(`the answer is packed as ${packing}, for which nobody asked`);
}

const unknownIssuer: ReadonlySet<string> = new Set([
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
]);

const otherOne = " (is the other one of clickhouse:// and clickhouses:// right?)";

/** What the system says of a connection, and what helps where it does not say that. */
function whyNoAnswer({ code = "", message }: NodeJS.ErrnoException): string {
  if (unknownIssuer.has(code))
    return `is not trusted (${message}): name the file of the authority that signed its certificate in NODE_EXTRA_CA_CERTS`;
  if (/^(CERT_|ERR_TLS_)/.test(code)) return `is not trusted: ${message}`;
  if (code === "EPROTO") return "speaks no TLS: a port without it needs clickhouse://";
  return `does not answer: ${message || code}${code === "ECONNRESET" ? otherOne : ""}`;
}
