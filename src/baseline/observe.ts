import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { printable } from "../diagnostics/printable.ts";
import { type Aggregate, aggregate } from "./aggregate.ts";
import { type FlowLimits, flowLimits } from "./attempts.ts";
import type { Conversation } from "./conversation.ts";
import { withEdgeSilence } from "./edge-silence.ts";
import type { Accounting, Baseline, BaselineSource } from "./flow.ts";
import { addressLinks } from "./links/address-links.ts";
import { linkFindings } from "./links/findings.ts";
import { type LinkSighting, linkSightings } from "./links/sightings.ts";
import { ledger, mostRemembered } from "./points/ledger.ts";
import { type Trackers, trackers } from "./points/trackers.ts";
import { concatenate } from "./sources/bytes.ts";
import { type ClockSettings, clock } from "./sources/clock.ts";
import { detectionLength, readerFor } from "./sources/detect.ts";
import type { Frame, FrameSink } from "./sources/frame.ts";
import { isUnreadLink, readLinks } from "./sources/link-layers.ts";
import { packetLogFormat } from "./sources/packet-log.ts";
import { lossReason } from "./sources/pcapng-losses.ts";
import { type ByteReader, SourceError, tally } from "./sources/source.ts";
import { cutShortReason } from "./sources/truncated.ts";
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
      const sinks = { packets, record: (talk: Conversation) => record(talk, number) };
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
        return copies.length === 0 ? source : { ...source, copies };
      });
      return { sources, links: links.all(), forgot: points.forgot };
    },
  };
}

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
    copies.map(
      ({ of, conversations, packets }) =>
        `${name} has ${conversations} of the conversations of ${of} (${packets} packets), which were taken for the same traffic ` +
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

function openSource(
  name: string,
  number: number,
  { packets, record }: { readonly packets: Trackers; readonly record: (talk: Conversation) => void },
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
  const sinks = {
    tally: counts,
    clock: clock(times),
    frame: (frame: Frame) => {
      see(frame.time, frame.time);
      capture(frame);
      frames?.(frame);
    },
    conversation: (talk: Conversation) => {
      see(talk.first, talk.last);
      record(talk);
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
      const unread = unreadLinks(accounting);
      done({
        name,
        format,
        sha256,
        ...(firstSeen === undefined ? {} : { firstSeen }),
        ...(lastSeen === undefined ? {} : { lastSeen }),
        accounting,
      });
      return [
        ...warnings,
        ...unread,
        ...nothingUsed({ format }, accounting),
        ...withoutTime({ format }, untimed),
        ...tooManyRejects(accounting, counts.samples),
      ];
    },
  };
}

/** Packets of an interface that is not read here. @throws {SourceError} when there are no others. */
function unreadLinks({ used, ignored, rejected }: Accounting): readonly Diagnostic[] {
  const reasons = Object.keys(rejected).filter(isUnreadLink);
  if (reasons.length === 0) return [];
  if (used === 0 && Object.keys(ignored).length === 0)
    throw new SourceError(`its packets have ${reasons.join(", ")}: ${readLinks}`);
  return reasons.map((reason) => ({
    code: "baseline/unread-link",
    severity: "warning",
    message: `${rejected[reason]} of its packets have ${reason}: what they carry is not in the baseline`,
    fix: readLinks,
  }));
}

/**
 * Any text with dates in front reads as a log in which no packet stands, and other logs may hold all but flows: nobody
 * should find out from the baseline. A log without records is no fault, nor is another one of Zeek's among them.
 */
const nothingUsed = (
  { format }: Pick<ByteReader, "format">,
  { unit, read, used, ignored }: Accounting,
): readonly Diagnostic[] =>
  used > 0 ||
  unit === "packets" ||
  (format === packetLogFormat ? read === 0 : Object.keys(ignored).every(saysNothing))
    ? []
    : [
        {
          code: "baseline/nothing-used",
          severity: "warning",
          message: `none of its ${read} ${unit} gave a flow; it was read as: ${format}`,
          fix: "see what became of them, by reason, under the name of the file; is it the file that was meant?",
        },
      ];

/** A filter of Zeek may have given conn.log another name: `conn_ics`. */
const saysNothing = (reason: string): boolean =>
  /^(header|empty line|of another log(?! \(conn))/.test(reason);

/** A line whose time is not read loses it; nobody should find out from the coverage. */
const withoutTime = ({ format }: Pick<ByteReader, "format">, packets: number): readonly Diagnostic[] =>
  packets === 0 || format !== packetLogFormat
    ? []
    : [
        {
          code: "baseline/no-times",
          severity: "warning",
          message: `packets without a time that is read here: ${packets}; they count, and tell neither when nor how often`,
          fix: "export the log with its times: `dmesg --time-format iso`, `journalctl -k -o short-iso`",
        },
      ];

/** Above this share of records that could not be read, what was read is no picture of the traffic. */
const mostRejected = 0.001;
/** What was rejected for these is told by itself. */
const isToldApart = (reason: string): boolean =>
  reason === cutShortReason || reason === lossReason || isUnreadLink(reason);

/**
 * An error where a log is not what its reader took it for. Packets that are damaged in a capture may be the network's own,
 * and those that a snap length cut may not matter: that is for a human to judge.
 */
function tooManyRejects(
  { unit, read, rejected }: Accounting,
  samples: readonly string[],
): readonly Diagnostic[] {
  const reasons = Object.entries(rejected).filter(([reason]) => !isToldApart(reason));
  const count = reasons.reduce((sum, [, records]) => sum + records, 0);
  if (count <= mostRejected * read) return [];
  const byReason = reasons.map(([reason, records]) => `${reason}: ${records}`);
  const head = `${count} of ${read} ${unit} could not be read, more than ${100 * mostRejected} %: a baseline of the others`;
  if (unit === "packets") {
    return [
      {
        code: "baseline/damaged-packets",
        severity: "warning",
        message: `${head} may miss flows (${byReason.join("; ")})`,
        fix: "where they were cut, record whole packets (tcpdump -s 0), else find out what damages them",
      },
    ];
  }
  // What was put together from a line and then rejected as a packet has no sample.
  const shown = samples.length > 0 ? samples : byReason;
  return [
    {
      code: "baseline/rejects",
      severity: "error",
      message: `${head} would miss flows. The first of them: ${shown.map(printable).join("; ")}`,
      fix: "give the log as it was written, with its header; take out what is damaged or of another format",
    },
  ];
}
