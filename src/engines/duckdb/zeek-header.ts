import { SourceError } from "../../baseline/sources/source.ts";
import { noZeekHeader, readZeekHeader, type ZeekHeader } from "../../baseline/sources/zeek-tsv.ts";
import type { LineCount } from "./line-scan.ts";

/** What the comment lines at the start of a log say; undefined when it is none that can be read in bulk. */
export function leadingHeader(lines: readonly string[]): ZeekHeader | undefined {
  const end = lines.findIndex((line) => !line.startsWith("#"));
  const header = lines
    .slice(0, end < 0 ? lines.length : end)
    .reduce<ZeekHeader | undefined>(readInTurn, noZeekHeader);
  if (header === undefined) return undefined;
  const isUsual =
    header.path === "conn" && header.width > 0 && /^(?![\r\n"\\#])[\t -~]$/.test(header.separator);
  return isUsual ? header : undefined;
}

/**
 * Whether all further comments leave the header as it is, as those of logs that were put together do. Comments that
 * follow each other are one header: what only a part of it says holds for no line.
 */
export function isOneHeader(header: ZeekHeader, { comments }: LineCount): boolean {
  let known: ZeekHeader | undefined = noZeekHeader;
  for (const [index, [number, text]] of comments.entries()) {
    known = readInTurn(known, text, number - 1);
    const isLast = comments[index + 1]?.[0] !== number + 1;
    if (isLast && (known === undefined || !isSame(known, header))) return false;
  }
  return true;
}

/** A header that the reader refuses is none here: the reader itself tells the engineer what is wrong with it. */
function readInTurn(header: ZeekHeader | undefined, line: string, index: number): ZeekHeader | undefined {
  if (header === undefined) return undefined;
  try {
    return readZeekHeader(header, line, index + 1);
  } catch (error) {
    if (error instanceof SourceError) return undefined;
    throw error;
  }
}

const isSame = (one: ZeekHeader, other: ZeekHeader): boolean => JSON.stringify(one) === JSON.stringify(other);
