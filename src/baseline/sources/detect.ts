import type { Conversation } from "../conversation.ts";
import type { Clock } from "./clock.ts";
import { conntrackTextReader, isConntrackLine } from "./conntrack-text.ts";
import { conntrackXmlReader } from "./conntrack-xml.ts";
import { eveReader } from "./eve.ts";
import type { FrameSink } from "./frame.ts";
import { isJournalExport, journalExportReader } from "./journal-export.ts";
import { recordSeparator } from "./json-lines.ts";
import { isLogLine } from "./log-line.ts";
import { isNfdumpHeader, nfdumpCsvReader } from "./nfdump-csv.ts";
import { nfdumpJsonReader } from "./nfdump-json.ts";
import type { Once } from "./nfdump-record.ts";
import { isPacketLogLine, journalReader, packetLogReader } from "./packet-log.ts";
import { pcapReader } from "./pcap.ts";
import { isPcapMagic } from "./pcap-layout.ts";
import { pcapngMagic, pcapngReader } from "./pcapng.ts";
import type { RecordSink } from "./record.ts";
import { type ByteReader, FormatError, type Tally } from "./source.ts";
import { ulogdReader } from "./ulogd.ts";
import { zeekJsonReader } from "./zeek-json.ts";
import { type Folded, zeekTsvReader } from "./zeek-tsv.ts";

/** How many bytes of a file tell its format. */
export const detectionLength = 16_384;

/** Magic numbers of what others make of captures, with the remedy. */
const foreign: readonly (readonly [prefix: readonly number[], what: string])[] = [
  [[0xfd, 0x37, 0x7a, 0x58, 0x5a], "xz compressed: give `xz -dc FILE | sluice observe -`"],
  [[0x42, 0x5a, 0x68], "bzip2 compressed: give `bzip2 -dc FILE | sluice observe -`"],
  [[0x50, 0x4b, 0x03, 0x04], "a zip archive: unpack it first"],
  [[0x1f, 0x8b], "gzip compressed twice: give `gzip -dc FILE | sluice observe -`"],
  [[0x04, 0x22, 0x4d, 0x18], "lz4 compressed: give `lz4 -dc FILE | sluice observe -`"],
  [[0xff, 0xfe], "text in UTF-16: give `iconv -f UTF-16 -t UTF-8 FILE | sluice observe -`"],
  [[0xfe, 0xff], "text in UTF-16: give `iconv -f UTF-16 -t UTF-8 FILE | sluice observe -`"],
  [[0x0c, 0xa5], "nfdump's own file: give `nfdump -r FILE -o json | sluice observe -`"],
  [[0x73, 0x6e, 0x6f, 0x6f, 0x70, 0x00], "a snoop capture: convert it with `editcap -F pcapng IN OUT`"],
  [[0x47, 0x4d, 0x42, 0x55], "a Network Monitor capture: convert it with `editcap -F pcapng IN OUT`"],
  [
    [0x54, 0x52, 0x53, 0x4e, 0x49, 0x46, 0x46],
    "a Sniffer capture: convert it with `editcap -F pcapng IN OUT`",
  ],
];

/** Where the header of a tar archive has its magic number, behind the first file's name and sizes. */
const tarAt = 257;

/** What a source hands on: frames of captures, or whole conversations of logs. */
export interface Sinks {
  readonly frame: FrameSink;
  readonly conversation: (talk: Conversation) => void;
  /** Takes a record that other observers may have written too. */
  readonly record: RecordSink;
  /** What is left of such a record, for a source that puts several together. */
  readonly once: Once;
  readonly tally: Tally;
  readonly clock: Clock;
  /** Takes the records of a log that can be added up as they are read, where they need not be told apart. */
  readonly folded?: Folded | undefined;
}

/** How each format of text is told, by what stands at the start, first to last. */
const texts: readonly (readonly [
  matches: (text: string, lines: readonly string[]) => boolean,
  reader: (sinks: Sinks) => ByteReader,
])[] = [
  [(text) => text.startsWith("#"), ({ record, tally, folded }) => zeekTsvReader(record, tally, folded)],
  [
    (text) => /^(<\?xml[^>]*>\s*)?<(conntrack|flow)[\s>]/.test(text),
    ({ conversation, tally, clock }) => conntrackXmlReader(conversation, tally, clock),
  ],
  [
    (text) => /^[[{]/.test(text) && (/"(src4_addr|src6_addr)"\s*:/.test(text) || isEmptyList.test(text)),
    ({ conversation, once, tally, clock }) => nfdumpJsonReader(conversation, once, tally, clock),
  ],
  [
    (text) => text.startsWith("{") && /"event_type"\s*:/.test(text),
    ({ record, tally, clock }) => eveReader(record, tally, clock),
  ],
  [
    (text) => text.startsWith("{") && /"(dvc"\s*:\s*"Netfilter|ct\.id|oob\.prefix|oob\.family)"/.test(text),
    ({ frame, conversation, tally, clock }) => ulogdReader(frame, conversation, tally, clock),
  ],
  [
    (text) => text.startsWith("{") && /"__REALTIME_TIMESTAMP"\s*:/.test(text),
    ({ frame, tally }) => journalReader(frame, tally),
  ],
  [isJournalExport, ({ frame, tally }) => journalExportReader(frame, tally)],
  [(text) => text.startsWith("{"), ({ record, tally }) => zeekJsonReader(record, tally)],
  [
    (_, lines) => lines.some(isNfdumpHeader),
    ({ conversation, once, tally, clock }) => nfdumpCsvReader(conversation, once, tally, clock),
  ],
  [
    (_, lines) => lines.some(isConntrackLine),
    ({ conversation, tally, clock }) => conntrackTextReader(conversation, tally, clock),
  ],
  [
    (_, lines) => lines.some((line) => isPacketLogLine(line) || isLogLine(line)),
    ({ frame, tally, clock }) => packetLogReader(frame, tally, clock),
  ],
];

/** What nfdump's JSON is where it has no flows. */
const isEmptyList = /^\[\s*(No match\w* flows\s*)?\]\s*$/;

/** `journalctl -o verbose` and `-o json-sse`, in which the line of a message has no time. */
const isJournalForEyes = (text: string): boolean =>
  /^data: \{.*"__CURSOR"/.test(text) || /^.* \[s=[0-9a-f]{32};i=[^\n]*\n +[A-Z_]+=/.test(text);

/** Texts that hold what a reader needs, but not in a form that can be relied on, with the remedy. */
const listings: readonly (readonly [matches: (text: string) => boolean, what: string])[] = [
  [
    isJournalForEyes,
    "a listing of a journal that gives fields apart from their times: export it anew with `journalctl -o export` or " +
      "`journalctl -o json`",
  ],
  [
    (text) => /^(Date (first seen|flow start) |Flow Record: *\n|(2|10)\|\d{13}\|\d{13}\|)/.test(text),
    "what nfdump prints for humans and for other programs, which rounds and leaves out: give `nfdump -o csv` or `-o json`",
  ],
  [
    (text) => /^-A -t \d+ .* --reply-|^-A -t \d+ .* -r \S+ -q /.test(text),
    "what `conntrack -o save` prints, which has neither counters nor times: give `conntrack -L -o ktimestamp`",
  ],
  [
    (text) => text.startsWith("Debug line with all properties:"),
    "a log in RSYSLOG_DebugFormat, which has each message several times: log with RSYSLOG_FileFormat",
  ],
  [
    (text) => /^\{\s*\n/.test(text) && !/"src[46]_addr"/.test(text),
    "JSON with an object over several lines: give one a line, as `jq -c . FILE | sluice observe -` does",
  ],
];

/**
 * Chooses the reader for a file from its first bytes, never from its name.
 * @param head the first `detectionLength` bytes, or the whole file when it is shorter.
 * @throws {FormatError} when it is none that is read here.
 */
export function readerFor(head: Uint8Array, sinks: Sinks): ByteReader {
  if (head.length === 0) throw new FormatError("the file is empty");
  const magic = head.length < 4 ? 0 : new DataView(head.buffer, head.byteOffset).getUint32(0, true);
  if (isPcapMagic(magic)) return pcapReader(sinks.frame, sinks.tally);
  if (magic === pcapngMagic) return pcapngReader(sinks.frame, sinks.tally);
  if (new TextDecoder("latin1").decode(head.subarray(tarAt, tarAt + 5)) === "ustar")
    throw new FormatError("the file is a tar archive: unpack it first");
  const other = foreign.find(([prefix]) => prefix.every((byte, index) => head[index] === byte));
  if (other !== undefined) throw new FormatError(`the file is ${other[1]}`);
  const decoded = new TextDecoder().decode(head).trimStart();
  const text = decoded.startsWith(recordSeparator) ? decoded.slice(1) : decoded;
  const listing = listings.find(([matches]) => matches(text));
  if (listing !== undefined) throw new FormatError(`the file is ${listing[1]}`);
  if (
    /^(ts,te,td,|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?,(\d{4}-\d\d-\d\d |[\d.]+,))/.test(text) &&
    !text.split("\n").some(isNfdumpHeader)
  )
    throw new FormatError(
      "the file is a table of nfdump without the header that names its columns, or one of its statistics (-s): give the " +
        "flows themselves, `nfdump -o csv` without -q",
    );
  const lines = text.split(/\r?\n/);
  const format = texts.find(([matches]) => matches(text, lines));
  if (format !== undefined) return format[1](sinks);
  const start = [...head.subarray(0, 8)].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
  throw new FormatError(
    `the format is not known (it starts with the bytes ${start}); read are pcap and pcapng, Zeek's conn.log (TSV with ` +
      "its header, JSON lines), Suricata's eve.json, nfdump's CSV and JSON, the connection tracking of Linux " +
      "(conntrack -L and -E, XML, /proc), ulogd2's JSON, and packets in the kernel's log or in a filterlog, each also " +
      "gzip or zstd compressed",
  );
}
