import { EngineError } from "../engine-error.ts";

/** A table of Zeek's connections on a cluster, and how to ask for it. */
export interface ClickHouseTable {
  /** Of the HTTP interface. */
  readonly url: string;
  readonly database: string;
  readonly table: string;
}

/**
 * Reads `clickhouse://HOST[:PORT]/DATABASE/TABLE`; `clickhouses://` speaks TLS. Ports are those of the HTTP interface.
 * @throws {EngineError} when it is none, or holds a password, which everybody on the machine could read.
 */
export function readTableAddress(text: string): ClickHouseTable {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const [database, table, ...more] = namesIn(url?.pathname ?? "");
  const port = { "clickhouse:": "8123", "clickhouses:": "8443" }[url?.protocol ?? ""];
  if (
    url === undefined ||
    port === undefined ||
    url.hostname === "" ||
    !database ||
    !table ||
    more.length > 0 ||
    url.search !== "" ||
    url.hash !== ""
  )
    throw new EngineError("the engine is no address: expected clickhouse://HOST[:PORT]/DATABASE/TABLE");
  if (url.username !== "" || url.password !== "")
    throw new EngineError(
      "the engine's address holds a user or a password, which a command line shows to everybody: set CLICKHOUSE_USER and " +
        "CLICKHOUSE_PASSWORD instead",
    );
  const scheme = url.protocol === "clickhouse:" ? "http" : "https";
  return { url: `${scheme}://${url.hostname}:${url.port || port}/`, database, table };
}

/** The parts of a path; none where a percent sign starts no character. */
function namesIn(path: string): readonly string[] {
  try {
    return path.split("/").slice(1).map(decodeURIComponent);
  } catch (error) {
    if (error instanceof URIError) return [];
    throw error;
  }
}
