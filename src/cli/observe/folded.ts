import type { BaselineSource } from "../../baseline/flow.ts";
import type { LinkSighting } from "../../baseline/links/sightings.ts";
import { type OpenSource, recording } from "../../baseline/observe.ts";
import { leadingHeader } from "../../baseline/sources/zeek-header.ts";
import { comment, emptyLine } from "../../baseline/sources/zeek-tsv.ts";
import { DoubledLog } from "../../baseline/sources/zeek-twins.ts";
import type { ZeekFile } from "../../engines/duckdb/zeek-copies.ts";
import type { Addition, Draft } from "../../engines/store/flow-store.ts";
import { bytesAt } from "../bytes-at.ts";
import { CommandError, type Context } from "../context.ts";
import { asCommandError, endSource } from "./files.ts";
import { headLength, readInHalves } from "./halves.ts";
import { compressionOf, type Input, readInput } from "./input.ts";

/** A file whose bytes were read once. */
export interface Scanned {
  readonly input: Input;
  readonly sha256: string;
  /** A log whose lines were added up on the way, each by itself: what single lines tell of other files is not known. */
  readonly folded: Folded | undefined;
}

export interface Folded {
  readonly source: BaselineSource;
  readonly links: readonly LinkSighting[];
  readonly draft: Pick<Draft, "drop">;
  /** How an engine reads it; undefined where it would read some of the lines in another way. */
  readonly table: ZeekFile | undefined;
}

/** Reads the bytes of a file: for its digest and, where it is a log of which many lines are alike, into sums. */
export async function scan(
  context: Context,
  input: Input,
  adding: Addition,
  passed: (bytes: number) => void,
): Promise<Scanned> {
  const { path } = input;
  if (path === undefined)
    throw new CommandError("a store takes files, which are read twice; the standard input cannot be");
  const halves = await inHalves(input, path, adding, passed);
  if (halves !== undefined) return halves;
  let log: ReturnType<typeof openLog> | undefined;
  let isFirst = true;
  const sha256 = await readInput(
    context,
    input,
    (piece) => {
      if (isFirst) log = openLog(input.name, path, piece, adding);
      isFirst = false;
      const opened = log;
      if (opened === undefined) return;
      const isSingle = unlessDoubled(() => {
        asCommandError(input.name, () => opened.open.push(piece));
        return true;
      });
      if (isSingle !== true) log = opened.drop();
    },
    passed,
  );
  const opened = log;
  const folded = opened === undefined ? undefined : unlessDoubled(() => opened.end(context, sha256));
  if (folded === undefined) opened?.drop();
  return { input, sha256, folded };
}

/** What several observers wrote is read record by record. */
function unlessDoubled<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (error instanceof DoubledLog) return undefined;
    throw error;
  }
}

async function inHalves(
  input: Input,
  path: string,
  adding: Addition,
  passed: (bytes: number) => void,
): Promise<Scanned | undefined> {
  const places = [adding.place(), adding.place()] as const;
  const halves = await readInHalves(path, [places[0].path, places[1].path], passed);
  if (halves === undefined) {
    for (const place of places) place.drop();
    return undefined;
  }
  const { sha256, source, links, header, written } = halves;
  for (const [index, place] of places.entries()) place.keep(written[index]!);
  const draft = {
    drop(): void {
      for (const place of places) place.drop();
    },
  };
  const table = { path, compression: "none", header, records: recordsOf(source) } as const;
  return { input, sha256, folded: { source: { name: input.name, ...source }, links, draft, table } };
}

/** How many of its lines are records. */
const recordsOf = ({ accounting: { read, ignored } }: Pick<BaselineSource, "accounting">): number =>
  read - (ignored[comment.reason] ?? 0) - (ignored[emptyLine.reason] ?? 0);

function openLog(name: string, path: string, piece: Uint8Array, adding: Addition) {
  const header = leadingHeader(new TextDecoder().decode(piece.subarray(0, headLength)).split("\n"));
  if (header === undefined) return undefined;
  const draft = adding.draft();
  let isUniform = true;
  const read = recording(draft.add, {
    isOnly: true,
    odd: () => {
      isUniform = false;
    },
  });
  const open: OpenSource = read.open(name);
  return {
    open,
    drop(): undefined {
      draft.drop();
    },
    end(context: Context, sha256: string): Folded {
      endSource(context, name, open, sha256);
      const { sources, links } = read.end();
      const source = sources[0]!;
      const table = {
        path,
        compression: compressionOf(bytesAt(path, 0, 4)),
        header,
        records: recordsOf(source),
      };
      return { source, links, draft, table: isUniform ? table : undefined };
    },
  };
}
