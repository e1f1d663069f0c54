import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { aggregate } from "./aggregate.ts";
import { flowLimits } from "./attempts.ts";
import type { Conversation } from "./conversation.ts";
import type { Baseline, BaselineSource } from "./flow.ts";
import { concatenate } from "./sources/bytes.ts";
import { detectionLength, readerFor } from "./sources/detect.ts";
import { type ByteReader, tally } from "./sources/source.ts";
import { tracker } from "./sources/tracker.ts";
import { instant } from "./time.ts";

/** One file that is being read. */
export interface OpenSource {
  /** Takes the file's bytes, decompressed, in pieces of any size. @throws {SourceError} */
  push(chunk: Uint8Array): void;
  /**
   * Ends the file.
   * @param sha256 of the file's bytes as they were stored, in hex.
   * @throws {SourceError} when nothing could be read.
   */
  end(sha256: string): readonly Diagnostic[];
}

/** Turns captures and logs, one after the other, into one baseline. A connection may run on in the next capture. */
export interface Observation {
  open(name: string): OpenSource;
  /** @throws {SourceError} when there are more flows than a baseline can hold. */
  baseline(): Baseline;
}

export function observation(limits = flowLimits): Observation {
  const flows = aggregate(limits);
  const packets = tracker(flows.add);
  const sources: BaselineSource[] = [];
  return {
    open: (name) => openSource(name, packets, flows.add, (source) => sources.push(source)),
    baseline() {
      packets.end();
      const { flows: observed, attempts } = flows.result();
      return {
        schema: "sluice/baseline",
        version: 1,
        sources,
        flows: observed,
        ...(attempts.length === 0 ? {} : { attempts }),
      };
    },
  };
}

function openSource(
  name: string,
  packets: ReturnType<typeof tracker>,
  addConversation: (talk: Conversation) => void,
  done: (source: BaselineSource) => void,
): OpenSource {
  const counts = tally();
  let [first, last] = [Number.NaN, Number.NaN];
  const see = (from: number, to: number): void => {
    if (!(from >= first) && !Number.isNaN(from)) first = from;
    if (!(to <= last) && !Number.isNaN(to)) last = to;
  };
  const sinks = {
    tally: counts,
    frame: (frame: Parameters<typeof packets.add>[0]) => {
      see(frame.time, frame.time);
      packets.add(frame, counts);
    },
    conversation: (talk: Conversation) => {
      see(talk.first, talk.last);
      addConversation(talk);
    },
  };
  let head: Uint8Array = new Uint8Array(0);
  let reader: ByteReader | undefined;
  const start = (): ByteReader => {
    reader = readerFor(head, sinks);
    reader.push(head);
    return reader;
  };
  return {
    push(chunk) {
      if (reader !== undefined) {
        reader.push(chunk);
      } else {
        head = concatenate(head, chunk);
        if (head.length >= detectionLength) start();
      }
    },
    end(sha256) {
      const { format, unit, end } = reader ?? start();
      const warnings = end();
      const [firstSeen, lastSeen] = [instant(first), instant(last)];
      done({
        name,
        format,
        sha256,
        ...(firstSeen === undefined ? {} : { firstSeen }),
        ...(lastSeen === undefined ? {} : { lastSeen }),
        accounting: counts.accounting(unit),
      });
      return warnings;
    },
  };
}
