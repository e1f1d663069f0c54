import { closeSync, openSync, readSync } from "node:fs";
import { type LineScan, lineScan } from "../../engines/duckdb/line-scan.ts";
import { leadingHeader } from "../../engines/duckdb/zeek-header.ts";
import type { BulkSource, ZeekFile } from "../../engines/duckdb/zeek-log.ts";
import { EngineError } from "../../engines/engine-error.ts";
import type { Addition, Bulk } from "../../engines/store/flow-store.ts";
import { CommandError, type Context } from "../context.ts";
import { compressionOf, type Input, readInput } from "./input.ts";

/** The bytes of a file, read once. */
export interface Scanned {
  readonly sha256: string;
  /** Under way, for a file that looks as if it could be read in bulk. */
  readonly bulk: Started | undefined;
}

/** Reads the bytes of a file once: its digest, its lines, and at its first bytes whether an engine takes it. */
export async function scan(
  context: Context,
  input: Input,
  adding: Addition,
  passed: (bytes: number) => void,
): Promise<Scanned> {
  const { path } = input;
  if (path === undefined)
    throw new CommandError("a store takes files, which are read twice; the standard input cannot be");
  let bulk: Started | undefined;
  let isFirst = true;
  const sha256 = await readInput(
    context,
    input,
    (piece) => {
      if (isFirst) bulk = started(adding, path, piece);
      isFirst = false;
      bulk?.count.push(piece);
    },
    passed,
  );
  return { sha256, bulk };
}

/** How much of a log is looked at for its header. */
const headLength = 1 << 16;

interface Started {
  /** The reason, where the file cannot be read in bulk although it looks like it. */
  readonly rows: Promise<Bulk | string>;
  readonly count: LineScan;
}

function started(adding: Addition, path: string, piece: Uint8Array): Started | undefined {
  const header = leadingHeader(new TextDecoder().decode(piece.subarray(0, headLength)).split("\n"));
  if (header === undefined) return undefined;
  const file: ZeekFile = { path, compression: compressionOf(firstBytes(path)), header };
  const rows = adding.bulk(file).catch((error: unknown) => {
    if (error instanceof EngineError) return error.message.split("\n")[0]!;
    throw error;
  });
  return { rows, count: lineScan(header.separator) };
}

function firstBytes(path: string): Uint8Array {
  const file = openSync(path, "r");
  const bytes = new Uint8Array(4);
  try {
    return bytes.subarray(0, readSync(file, bytes));
  } finally {
    closeSync(file);
  }
}

const windowsEnds = "its lines end as those of Windows do";

/** A file whose lines an engine has accounted for. */
export interface InBulk {
  readonly rows: Bulk;
  readonly source: BulkSource;
}

/** What a bulk reading gave, or why the file must be read line by line; undefined for no bulk at all. */
export async function inBulk(bulk: Started | undefined): Promise<InBulk | string | undefined> {
  if (bulk === undefined) return undefined;
  const rows = await bulk.rows;
  const count = bulk.count.end();
  if (typeof rows === "string") return count.windowsEnds ? windowsEnds : rows;
  const source = count.windowsEnds ? windowsEnds : await rows.account(count);
  if (typeof source === "object") return { rows, source };
  await rows.drop();
  return source;
}
