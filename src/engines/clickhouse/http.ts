import { EngineError } from "../engine-error.ts";
import type { ClickHouseTable } from "./address.ts";
import type { Ask } from "./baseline.ts";

/** Who asks; as ClickHouse's own client takes it from the environment. */
export interface Credentials {
  readonly user?: string | undefined;
  readonly password?: string | undefined;
}

/** Asks over ClickHouse's HTTP interface. Nothing is written: the session is read-only. */
export const overHttp =
  ({ url }: ClickHouseTable, { user, password }: Credentials): Ask =>
  async (sql, line) => {
    const headers = {
      ...(user === undefined ? {} : { "X-ClickHouse-User": user }),
      ...(password === undefined ? {} : { "X-ClickHouse-Key": password }),
    };
    // With 2 a query may bring settings of its own along, and still changes nothing.
    const response = await fetch(`${url}?readonly=2&wait_end_of_query=1`, {
      method: "POST",
      body: sql,
      headers,
    }).catch((error: Error & { readonly cause?: Error }) => {
      throw new EngineError(`${url} does not answer: ${error.cause?.message ?? error.message}`);
    });
    if (!response.ok)
      throw new EngineError(`${url} refuses: ${(await response.text()).slice(0, 500).trim()}`);
    const decoder = new TextDecoder();
    let rest = "";
    for await (const piece of response.body as unknown as AsyncIterable<Uint8Array>) {
      const lines = (rest + decoder.decode(piece, { stream: true })).split("\n");
      rest = lines.pop() ?? "";
      for (const text of lines) if (text !== "") line(text);
    }
    if (rest !== "") line(rest);
  };
