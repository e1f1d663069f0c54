import type { RecordedFlow } from "../src/target.ts";

/** What one element of a record counted of a flow. */
export interface Noted {
  readonly flow: Pick<RecordedFlow, "family" | "source" | "destination" | "protocol" | "port" | "icmpType">;
  readonly packets: number;
  /** `request` is all that asks, the openings included. */
  readonly aspect: "request" | "answer" | "opening";
  readonly quietFor?: number;
}

const flowKey = ({ family, source, destination, protocol, port, icmpType }: Noted["flow"]): string =>
  [family, source, destination, protocol, port, icmpType].join(" ");

/** Brings requests, answers and openings of each flow together, in the order of their first element. */
export function sumRecord(notes: readonly Noted[]): readonly RecordedFlow[] {
  const flows = new Map<string, RecordedFlow>();
  for (const { flow, packets, aspect, quietFor } of notes) {
    const key = flowKey(flow);
    const sum = flows.get(key) ?? {
      ...flow,
      packets: 0,
      replies: 0,
      ...(flow.protocol === 6 && { openings: 0 }),
    };
    const quiet = Math.min(sum.quietFor ?? Number.POSITIVE_INFINITY, quietFor ?? Number.POSITIVE_INFINITY);
    flows.set(key, {
      ...sum,
      packets: sum.packets + (aspect === "opening" ? 0 : packets),
      replies: sum.replies! + (aspect === "answer" ? packets : 0),
      ...(sum.openings !== undefined && {
        openings: sum.openings + (aspect === "opening" ? packets : 0),
      }),
      ...(Number.isFinite(quiet) && { quietFor: quiet }),
    });
  }
  return [...flows.values()];
}
