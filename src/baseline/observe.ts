import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { type Aggregate, aggregate } from "./aggregate.ts";
import { type FlowLimits, flowLimits } from "./attempts.ts";
import type { Conversation } from "./conversation.ts";
import { withEdgeSilence } from "./edge-silence.ts";
import type { Baseline, BaselineSource, SourceCopies } from "./flow.ts";
import { addressLinks } from "./links/address-links.ts";
import { linkFindings } from "./links/findings.ts";
import { type LinkSighting, linkSightings } from "./links/sightings.ts";
import { type DoublesOf, type Doubts, doubles } from "./points/doubles.ts";
import { ledger, mostRemembered } from "./points/ledger.ts";
import { type Trackers, trackers } from "./points/trackers.ts";
import { sourceFindings } from "./source-findings.ts";
import { concatenate } from "./sources/bytes.ts";
import { type ClockSettings, clock } from "./sources/clock.ts";
import { detectionLength, readerFor } from "./sources/detect.ts";
import type { Frame, FrameSink } from "./sources/frame.ts";
import { type ByteReader, tally } from "./sources/source.ts";
import type { Folded } from "./sources/zeek-tsv.ts";
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

export interface ObservationSettings {
  readonly limits?: FlowLimits;
  /** What the logs leave out of their times. */
  readonly clock?: ClockSettings;
  /** Sees each frame of a capture too. */
  readonly frames?: FrameSink;
  /**
   * Whether no other file holds the same traffic: records of a log need not be told apart then, and are added up as they are
   * read.
   */
  readonly isOnly?: boolean;
  readonly odd?: Folded["odd"];
}

export function observation(settings: ObservationSettings = {}): Observation {
  const flows = aggregate(settings.limits ?? flowLimits);
  const recorded = recording(flows.add, settings);
  return {
    open: recorded.open,
    baseline: () => baselineOf(recorded.end(), flows),
  };
}

/** Files that are read, one after the other, as far as single conversations. */
export interface Recording extends Pick<Observation, "open"> {
  /** No more files follow: hands on what is still running. */
  end(): Recorded;
}

/** What is known of files beside their conversations. */
export interface Recorded {
  readonly sources: readonly BaselineSource[];
  readonly links: readonly LinkSighting[];
  /** There were more conversations than are remembered to find their copies in other files. */
  readonly forgot?: boolean;
}

/** @param sink takes each conversation once, when it is over. */
export function recording(
  sink: (talk: Conversation) => void,
  settings: Omit<ObservationSettings, "limits"> = {},
): Recording {
  const links = linkSightings();
  const points = ledger();
  const within = doubles();
  const known: (BaselineSource | undefined)[] = [];
  const take = (talk: Conversation, source: number, point: string): void => {
    const left = points.rest(talk, source, point);
    if (left !== undefined) sink(left);
  };
  const packets = trackers(take, links);
  const record = (talk: Conversation, source: number): void => {
    for (const end of ["a", "b"] as const)
      for (const tag of talk.links?.[end] ?? []) links.record(talk[end].address, tag, talk.first, talk.last);
    take(talk, source, `log ${source}`);
  };
  return {
    open(name) {
      const number = known.push(undefined) - 1;
      const sinks = {
        packets,
        conversation: (talk: Conversation) => record(talk, number),
        once: (talk: Conversation, observer: string | undefined) => within.rest(talk, number, observer),
        doubts: () => within.doubts.get(number),
        folded: settings.isOnly === true ? { sink, links, odd: settings.odd } : undefined,
      };
      return openSource(name, number, sinks, settings, (source) => {
        known[number] = source;
      });
    },
    end() {
      packets.end();
      const sources = known.flatMap((source, number) => {
        if (source === undefined) return [];
        const copies = (points.copied.get(number) ?? []).map(({ of, ...counts }) => ({
          of: known[of]?.name ?? "",
          ...counts,
        }));
        const own = within.doubled.get(number);
        const all = [...(own === undefined ? [] : [ownCopies(own)]), ...copies];
        return all.length === 0 ? source : { ...source, copies: all };
      });
      return { sources, links: links.all(), forgot: points.forgot };
    },
  };
}

const ownCopies = ({ records, packets, observers }: DoublesOf): SourceCopies => ({
  conversations: records,
  packets,
  ...(observers.size === 0 ? {} : { observers: [...observers].toSorted() }),
});

/** @throws {SourceError} when there are more flows than a baseline can hold. */
export function baselineOf({ sources, links: seen, forgot }: Recorded, added: Aggregate): Baseline {
  const { flows, attempts } = added.result();
  const links = addressLinks(seen);
  const findings = [...linkFindings(links), ...copyFindings(sources, forgot ?? false)];
  return {
    schema: "sluice/baseline",
    version: 1,
    sources,
    flows: withEdgeSilence(flows, sources),
    ...(attempts.length === 0 ? {} : { attempts }),
    ...(links.length === 0 ? {} : { links }),
    ...(findings.length === 0 ? {} : { findings }),
  };
}

/** What was taken for copies, and where they could not be told. */
function copyFindings(sources: readonly BaselineSource[], forgot: boolean): readonly string[] {
  const found = sources.flatMap(({ name, copies = [] }) =>
    copies.map(({ of, conversations, packets, observers = [] }) =>
      of === undefined
        ? `${name} has ${conversations} records (${packets} packets) of traffic that others of its records tell of too, ` +
          `${observers.length > 1 ? `as ${observers.join(", ")} saw it` : "as several observers see it"}: it counts once`
        : `${name} has ${conversations} of the conversations of ${of} (${packets} packets), which were taken for the same traffic ` +
          "at a second observation point and count once",
    ),
  );
  const most = found.length > 0 && forgot;
  return most
    ? [
        ...found,
        `of files with more than ${mostRemembered} conversations, copies of the earlier ones count twice`,
      ]
    : found;
}

/** Where what a file holds goes. */
interface Sinks {
  readonly packets: Trackers;
  readonly conversation: (talk: Conversation) => void;
  /** What is left of a record beside what others of the same log told of. */
  readonly once: (talk: Conversation, observer: string | undefined) => Conversation | undefined;
  readonly doubts: () => Doubts | undefined;
  readonly folded: Folded | undefined;
}

function openSource(
  name: string,
  number: number,
  { packets, conversation: take, once, doubts, folded }: Sinks,
  { clock: times = {}, frames }: ObservationSettings,
  done: (source: BaselineSource) => void,
): OpenSource {
  const counts = tally();
  let [first, last] = [Number.NaN, Number.NaN];
  let untimed = 0;
  const see = (from: number, to: number): void => {
    if (Number.isNaN(from)) untimed += 1;
    if (!(from >= first) && !Number.isNaN(from)) first = from;
    if (!(to <= last) && !Number.isNaN(to)) last = to;
  };
  const capture = packets.capture(number, counts);
  const conversation = (talk: Conversation): void => {
    see(talk.first, talk.last);
    take(talk);
  };
  const sinks = {
    tally: counts,
    clock: clock(times),
    frame: (frame: Frame) => {
      see(frame.time, frame.time);
      capture(frame);
      frames?.(frame);
    },
    conversation,
    once,
    record: (talk: Conversation, observer: string | undefined) => {
      const left = once(talk, observer);
      if (left !== undefined) conversation(left);
    },
    folded: folded && {
      ...folded,
      sink: (talk: Conversation) => {
        see(talk.first, talk.last);
        folded.sink(talk);
      },
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
      const accounting = counts.accounting(unit);
      const findings = sourceFindings({
        format,
        accounting,
        samples: counts.samples,
        untimed,
        doubts: doubts(),
      });
      done({
        name,
        format,
        sha256,
        ...(firstSeen === undefined ? {} : { firstSeen }),
        ...(lastSeen === undefined ? {} : { lastSeen }),
        accounting,
      });
      return [...warnings, ...findings];
    },
  };
}
