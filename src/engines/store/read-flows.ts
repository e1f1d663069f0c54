import { join } from "node:path";
import type { DuckDBDataChunk, DuckDBListVector } from "@duckdb/node-api";
import { type Aggregate, aggregate } from "../../baseline/aggregate.ts";
import { flowLimits } from "../../baseline/attempts.ts";
import { conversationFrom, type FlowPartial, goesOn } from "../../baseline/partial.ts";
import type { Database } from "../duckdb/database.ts";
import { type StoredColumn, storedColumns } from "./columns.ts";
import type { Manifest } from "./manifest.ts";
import { readFlows } from "./statements.ts";

/** All flows of a store. @throws {SourceError} when there are more than a baseline can hold. */
export async function flowsOf(database: Database, folder: string, { parts }: Manifest): Promise<Aggregate> {
  const flows = aggregate(flowLimits);
  if (parts.length === 0) return flows;
  const connections = connectionsOnce();
  const result = await database.stream(readFlows(parts.map(({ file }) => join(folder, file))));
  for (;;) {
    const chunk = await result.fetchChunk();
    if (chunk === null || chunk.rowCount === 0) return flows;
    addChunk(chunk, flows, connections);
  }
}

const columnAt = new Map(Object.keys(storedColumns).map((name, index) => [name, index]));

/** Gives the connections of each sum, one less where it goes on with one of the sum before it, in the order of time. */
function connectionsOnce(): (sum: FlowPartial) => number {
  let before: FlowPartial | undefined;
  const ends = ({ a, b, protocol, aPort, bPort }: FlowPartial): string =>
    [a, b, protocol, aPort, bPort].join(" ");
  return (sum) => {
    const same = before !== undefined && goesOn(before, sum) && ends(before) === ends(sum);
    before = sum;
    return sum.connections - (same ? 1 : 0);
  };
}

function addChunk(chunk: DuckDBDataChunk, flows: Aggregate, connections: (sum: FlowPartial) => number): void {
  const vector = (name: StoredColumn) => chunk.getColumnVector(columnAt.get(name)!);
  const list = (name: StoredColumn) => vector(name) as DuckDBListVector;
  const scalars = new Map(
    Object.keys(storedColumns).map((name) => [name, vector(name as StoredColumn)] as const),
  );
  const [presence, requests, requestsBack] = [list("presence"), list("requests"), list("requests_back")];
  for (let row = 0; row < chunk.rowCount; row += 1) {
    const text = (name: "a" | "b"): string => String(scalars.get(name)!.getItem(row));
    const numberOr = <T>(name: StoredColumn, absent: T): number | T =>
      (scalars.get(name)!.getItem(row) as number | null) ?? absent;
    const number = (name: StoredColumn): number => numberOr(name, 0);
    const seconds = (name: StoredColumn): number => numberOr(name, Number.NaN) / 1e6;
    const back = numbers(requestsBack, row, 1e6);
    const sum: FlowPartial = {
      a: text("a"),
      b: text("b"),
      protocol: number("protocol"),
      aPort: number("a_port"),
      bPort: number("b_port"),
      icmpType: numberOr("icmp_type", undefined),
      connections: number("connections"),
      packets: number("packets"),
      packetsBack: number("packets_back"),
      bytes: number("bytes"),
      bytesBack: number("bytes_back"),
      first: seconds("first"),
      last: seconds("last"),
      evidence: number("evidence"),
      flags: number("flags"),
      presence: numbers(presence, row, 1) ?? [],
      requests: numbers(requests, row, 1e6) ?? [],
      ...(back === undefined ? {} : { requestsBack: back }),
      lastRequest: seconds("last_request"),
      longestGap: number("longest_gap") / 1e6,
      longestGapBack: number("longest_gap_back") / 1e6,
    };
    flows.add(conversationFrom({ ...sum, connections: connections(sum) }));
  }
}

/** The numbers of a list, each divided, without an object for each of them; undefined where there is no list. */
function numbers(list: DuckDBListVector, row: number, divisor: number): readonly number[] | undefined {
  const items = list.getItemVector(row);
  if (items === null) return undefined;
  const all: number[] = [];
  for (let index = 0; index < items.itemCount; index += 1)
    all.push((items.getItem(index) as number) / divisor);
  return all;
}
