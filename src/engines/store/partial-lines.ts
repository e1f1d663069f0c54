import { closeSync, openSync, writeSync } from "node:fs";
import type { Conversation } from "../../baseline/conversation.ts";
import { type FlowPartial, partialOf } from "../../baseline/partial.ts";
import type { PartialColumn } from "./columns.ts";

/** A file of partials, one JSON object a line: what is read line by line reaches the engine in this form. */
export interface PartialLines {
  add(talk: Conversation): void;
  /** @returns how many were written. */
  end(): number;
}

/** So much text is written at once. */
const blockLength = 1 << 18;

export function partialLines(path: string): PartialLines {
  const file = openSync(path, "wx");
  let block = "";
  let written = 0;
  const flush = (): void => {
    const bytes = Buffer.from(block);
    for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
    block = "";
  };
  return {
    add(talk) {
      block += `${JSON.stringify(rowOf(partialOf(talk)))}\n`;
      written += 1;
      if (block.length >= blockLength) flush();
    },
    end() {
      flush();
      closeSync(file);
      return written;
    },
  };
}

const micros = (seconds: number): number | null => (Number.isNaN(seconds) ? null : Math.round(seconds * 1e6));

function allMicros(times: readonly number[]): readonly number[] {
  const all: number[] = [];
  let isOrdered = true;
  for (const time of times) {
    if (Number.isNaN(time)) continue;
    const at = Math.round(time * 1e6);
    isOrdered &&= !(at < all.at(-1)!);
    all.push(at);
  }
  return isOrdered ? all : all.sort((x, y) => x - y);
}

function rowOf(sum: FlowPartial): Readonly<Record<PartialColumn, unknown>> {
  return {
    a: sum.a,
    b: sum.b,
    protocol: sum.protocol,
    a_port: sum.aPort,
    b_port: sum.bPort,
    icmp_type: sum.icmpType ?? null,
    connections: sum.connections,
    packets: sum.packets,
    packets_back: sum.packetsBack,
    bytes: sum.bytes,
    bytes_back: sum.bytesBack,
    first: micros(sum.first),
    last: micros(sum.last),
    presence: sum.presence,
    evidence: sum.evidence,
    flags: sum.flags,
    requests: allMicros(sum.requests),
    requests_back: sum.requestsBack === undefined ? null : allMicros(sum.requestsBack),
    last_request: micros(sum.lastRequest),
    longest_gap: micros(sum.longestGap),
    longest_gap_back: micros(sum.longestGapBack),
  };
}
