import type { Baseline } from "../../baseline/flow.ts";
import { readTableAddress } from "../../engines/clickhouse/address.ts";
import { tableBaseline } from "../../engines/clickhouse/baseline.ts";
import { overHttp } from "../../engines/clickhouse/http.ts";
import { EngineError } from "../../engines/engine-error.ts";
import { CommandError, type Context } from "../context.ts";

/** The baseline of a table on a cluster. @throws {CommandError} */
export async function observeTable({ process }: Context, engine: string): Promise<Baseline> {
  process.stderr.write(
    "note: the SQL was proved on ClickHouse's own engine; how a cluster authenticates and encrypts is UNPROVEN\n",
  );
  try {
    const address = readTableAddress(engine);
    const { CLICKHOUSE_USER: user, CLICKHOUSE_PASSWORD: password } = process.env;
    return await tableBaseline(overHttp(address, { user, password }), address);
  } catch (error) {
    throw error instanceof EngineError ? new CommandError(error.message) : error;
  }
}
