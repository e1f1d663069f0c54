import { join } from "node:path";
import type { DuckDBDataChunk, DuckDBListVector } from "@duckdb/node-api";
import { type Aggregate, aggregate } from "../../baseline/aggregate.ts";
import { flowLimits } from "../../baseline/attempts.ts";
import { conversationFrom } from "../../baseline/partial.ts";
import type { Database } from "../duckdb/database.ts";
import type { Manifest } from "./manifest.ts";
import { flowColumns, flowLists, readFlows } from "./statements.ts";

/** All flows of a store. @throws {SourceError} when there are more than a baseline can hold. */
export async function flowsOf(database: Database, folder: string, { parts }: Manifest): Promise<Aggregate> {
  const flows = aggregate(flowLimits);
  if (parts.length === 0) return flows;
  const result = await database.stream(readFlows(parts.map(({ file }) => join(folder, file))));
  for (;;) {
    const chunk = await result.fetchChunk();
    if (chunk === null || chunk.rowCount === 0) return flows;
    addChunk(chunk, flows);
  }
}

const columnAt = new Map(
  [...Object.keys(flowColumns), ...Object.keys(flowLists)].map((name, index) => [name, index]),
);

function addChunk(chunk: DuckDBDataChunk, flows: Aggregate): void {
  const vector = (name: keyof typeof flowColumns | keyof typeof flowLists) =>
    chunk.getColumnVector(columnAt.get(name)!);
  const columns = Object.fromEntries(
    Object.keys(flowColumns).map((name) => [name, vector(name as keyof typeof flowColumns)]),
  ) as unknown as Record<keyof typeof flowColumns, { getItem(row: number): string | number | null }>;
  const lists = Object.fromEntries(
    Object.keys(flowLists).map((name) => [name, vector(name as keyof typeof flowLists)]),
  ) as unknown as Record<keyof typeof flowLists, DuckDBListVector>;
  const seconds = (value: string | number | null): number =>
    value === null ? Number.NaN : Number(value) / 1e6;
  for (let row = 0; row < chunk.rowCount; row += 1) {
    const number = (name: keyof typeof flowColumns): number => Number(columns[name].getItem(row) ?? 0);
    const type = columns.icmpType.getItem(row);
    const back = number("bothSent") === 0 ? undefined : times(lists.requestsBack, row);
    flows.add(
      conversationFrom({
        a: String(columns.a.getItem(row)),
        b: String(columns.b.getItem(row)),
        protocol: number("protocol"),
        aPort: number("aPort"),
        bPort: number("bPort"),
        icmpType: type === null ? undefined : Number(type),
        slot: undefined,
        connections: number("connections"),
        packets: number("packets"),
        packetsBack: number("packetsBack"),
        bytes: number("bytes"),
        bytesBack: number("bytesBack"),
        first: seconds(columns.first.getItem(row)),
        last: seconds(columns.last.getItem(row)),
        evidence: number("evidence"),
        flags: number("flags"),
        presence: stretches(items(lists.slots, row), items(lists.untils, row), items(lists.presence, row)),
        requests: times(lists.requests, row),
        ...(back === undefined ? {} : { requestsBack: back }),
        lastRequest: seconds(columns.lastRequest.getItem(row)),
        longestGap: number("longestGap") / 1e6,
        longestGapBack: number("longestGapBack") / 1e6,
      }),
    );
  }
}

/** The numbers of a list without an object for each. */
function items(list: DuckDBListVector, row: number): readonly number[] {
  const [offset, length] = [list.getEntryOffset(row), list.getEntryLength(row)];
  const values = list.childVector;
  return Array.from({ length }, (_, index) => values.getItem(offset + index) as number);
}

const times = (list: DuckDBListVector, row: number): readonly number[] =>
  items(list, row).map((micros) => micros / 1e6);

/** Pairs from and to, where neighbours in the list that touch are one. */
function stretches(
  slots: readonly number[],
  untils: readonly number[],
  others: readonly number[],
): readonly number[] {
  const pairs: number[] = [];
  for (const [index, from] of slots.entries()) {
    const to = untils[index]!;
    const end = pairs.length - 1;
    if (end > 0 && from >= pairs[end - 1]! && from <= pairs[end]! + 1) pairs[end] = Math.max(pairs[end]!, to);
    else pairs.push(from, to);
  }
  for (const end of others) pairs.push(end);
  return pairs;
}
