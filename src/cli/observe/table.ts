import { randomUUID } from "node:crypto";
import type { Baseline } from "../../baseline/flow.ts";
import { readTableAddress } from "../../engines/clickhouse/address.ts";
import type { Ask } from "../../engines/clickhouse/ask.ts";
import { tableBaseline } from "../../engines/clickhouse/baseline.ts";
import { overHttp } from "../../engines/clickhouse/http.ts";
import { readingOf } from "../../engines/clickhouse/reading.ts";
import { EngineError } from "../../engines/engine-error.ts";
import { CommandError, type Context } from "../context.ts";
import { untilInterrupted } from "../rollout/interruption.ts";
import { progress } from "./progress.ts";

/** Milliseconds between two questions how far the cluster is: each is one of those that a quota counts. */
const pollInterval = 1000;

/** The baseline of a table on a cluster. @throws {CommandError} */
export async function observeTable({ process }: Context, engine: string): Promise<Baseline> {
  try {
    const address = readTableAddress(engine);
    const { CLICKHOUSE_USER: user, CLICKHOUSE_PASSWORD: password } = process.env;
    if (password !== undefined && address.url.startsWith("http:") && !isLoopback(address.url))
      process.stderr.write(
        "note: the password and the flows cross the network in clear text: clickhouses:// encrypts them\n",
      );
    return await untilInterrupted(async (signal) => {
      const ask = overHttp(address, { user, password }, signal);
      const queryId = `sluice-${randomUUID()}`;
      const stop = process.stderr.isTTY ? showReading(process.stderr, ask, queryId) : undefined;
      try {
        return await tableBaseline(ask, address, queryId);
      } catch (error) {
        if (!signal.aborted) throw error;
        throw new CommandError(
          `${signal.reason}: no baseline was made; a cluster that does not notice goes on with the query ${queryId}`,
        );
      } finally {
        stop?.();
      }
    });
  } catch (error) {
    throw error instanceof EngineError ? new CommandError(error.message) : error;
  }
}

const isLoopback = (url: string): boolean => /^http:\/\/(localhost|127\.[\d.]+|\[::1\]):/.test(url);

/** Tells on a terminal how far the cluster is, where the account may know that. @returns what ends it. */
function showReading(stream: NodeJS.WriteStream, ask: Ask, queryId: string): () => void {
  const bar = progress(stream, "M records");
  let isOver = false;
  let next: NodeJS.Timeout | undefined;
  const poll = async (): Promise<void> => {
    const reading = await readingOf(ask, queryId).catch((error: unknown) => {
      if (!(error instanceof EngineError)) throw error;
      // The question itself tells what is wrong, or has its answer all the same.
      isOver = true;
      return undefined;
    });
    if (isOver) return;
    if (reading !== undefined) bar.show("the cluster reads", reading.read, reading.total || undefined);
    wait();
  };
  const wait = (): void => {
    next = setTimeout(() => void poll(), pollInterval);
  };
  wait();
  return () => {
    isOver = true;
    clearTimeout(next);
    bar.clear();
  };
}
