import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { printable } from "../diagnostics/printable.ts";
import type { Accounting } from "./flow.ts";
import { type Doubts, isTooManyDoubled } from "./points/doubles.ts";
import { isUnseen } from "./sources/drop.ts";
import { isUnreadLink, readLinks } from "./sources/link-layers.ts";
import { packetLogFormat } from "./sources/packet-log.ts";
import { lossReason } from "./sources/pcapng-losses.ts";
import { toldLosses } from "./sources/recorder-losses.ts";
import { SourceError } from "./sources/source.ts";
import { cutShortReason } from "./sources/truncated.ts";

/** One file that was read, and what became of its records. */
export interface ReadSource {
  readonly format: string;
  readonly accounting: Accounting;
  /** A few of the records that were rejected. */
  readonly samples: readonly string[];
  /** How many of its packets or conversations had no time. */
  readonly untimed: number;
  /** What of a log no single observer can have seen; absent for captures. */
  readonly doubts?: Doubts | undefined;
}

/**
 * What an engineer should know of a file before they trust its baseline. An error refuses it.
 * @throws {SourceError} when all of its packets are of a link type that is not read.
 */
export const sourceFindings = (source: ReadSource): readonly Diagnostic[] => [
  ...unreadLinks(source),
  ...nothingUsed(source),
  ...withoutTime(source),
  ...tooManyRejects(source),
  ...toldLosses(source.accounting),
  ...tooManyDoubles(source),
];

/** Packets of an interface that is not read here. @throws {SourceError} when there are no others. */
function unreadLinks({ accounting: { used, ignored, rejected } }: ReadSource): readonly Diagnostic[] {
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
const nothingUsed = ({
  format,
  accounting: { unit, read, used, ignored },
}: ReadSource): readonly Diagnostic[] =>
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
const withoutTime = ({ format, untimed }: ReadSource): readonly Diagnostic[] =>
  untimed === 0 || format !== packetLogFormat
    ? []
    : [
        {
          code: "baseline/no-times",
          severity: "warning",
          message: `packets without a time that is read here: ${untimed}; they count, and tell neither when nor how often`,
          fix: "export the log with its times: `dmesg --time-format iso`, `journalctl -k -o short-iso`",
        },
      ];

/** Wireshark's names for what is damage here. */
const damageFilter = [
  ...["ip.bogus_ip_version", "ip.bogus_header_length", "ip.bogus_ip_length", "ipv6.bogus_ipv6_version"],
  ...["ip.len > frame.len", "ipv6.plen > frame.len"],
  ...["tcp.bogus_header_length", "ip.len - ip.hdr_len < tcp.hdr_len", "udp.length.bad"],
  "(_ws.malformed and (ip or ipv6) and not tcp.len and not udp.length)",
].join(" or ");
const withoutDamage = `tshark -r IN -w OUT -Y 'not (${damageFilter})'`;

/** Above this share of records that could not be read, what was read is no picture of the traffic. */
const mostRejected = 0.001;
/** What was rejected for these is told by itself. */
const isToldApart = (reason: string): boolean =>
  reason === cutShortReason || reason === lossReason || isUnreadLink(reason);

/** An error where a file is damaged or not what its reader took it for. */
function tooManyRejects(source: ReadSource): readonly Diagnostic[] {
  const { accounting, samples } = source;
  const { unit, read } = accounting;
  const isCapture = unit === "packets";
  const reasons = Object.entries(accounting.rejected).filter(([reason]) => !isToldApart(reason));
  const unseen = tooMany(
    source,
    reasons.filter(([reason]) => isCapture && isUnseen(reason)),
  );
  const damaged = tooMany(
    source,
    reasons.filter(([reason]) => !(isCapture && isUnseen(reason))),
  );
  const message = (count: number, verb: string): string =>
    `${count} of ${read} ${unit} could not be read, more than ${100 * mostRejected} %: a baseline of the others ${verb} miss flows`;
  return [
    // What a snap length cut off may not matter: that is for a human to judge.
    ...unseen.map(
      ({ count, byReason }): Diagnostic => ({
        code: "baseline/cut-packets",
        severity: "warning",
        message: `${message(count, "may")} (${byReason.join("; ")})`,
        fix: "where they were cut, record whole packets (tcpdump -s 0)",
      }),
    ),
    // What was put together from a line and then rejected as a packet has no sample.
    ...damaged.map(
      ({ count, byReason }): Diagnostic => ({
        code: "baseline/rejects",
        severity: "error",
        message: `${message(count, "would")}. The first of them: ${(samples.length > 0 ? samples : byReason).map(printable).join("; ")}`,
        fix: isCapture
          ? "find out what damages them (the recorder, its card, a copy of the file as text) and record again; or take them " +
            `out: ${withoutDamage}`
          : "give the log as it was written, with its header; take out what is damaged or of another format",
      }),
    ),
  ];
}

/** An error where the sums and rhythms of a log would be those of several observers, and nobody can tell whose. */
function tooManyDoubles({ doubts }: ReadSource): readonly Diagnostic[] {
  if (doubts === undefined || !isTooManyDoubled(doubts)) return [];
  const { records, doubled, samples } = doubts;
  return [
    {
      code: "baseline/several-observers",
      severity: "error",
      message:
        `${doubled} of ${records} records tell of ends and ports that another record has at the same time, as several exporters or ` +
        "sensors write them, and nothing says who saw which: packets and rhythms would count twice. The first of them: " +
        samples.map(printable).join("; "),
      fix:
        "give the records of one observer alone (nfdump: 'router ip ADDRESS'), those of each as a file of its own, or the column " +
        "that names it (nfdump: the router's address; Zeek: _node_name; Suricata: sensor-name)",
    },
  ];
}

/** What was rejected for some reasons, where it is too much. */
function tooMany(
  { accounting: { read } }: ReadSource,
  reasons: readonly (readonly [reason: string, records: number])[],
): readonly { readonly count: number; readonly byReason: readonly string[] }[] {
  const count = reasons.reduce((sum, [, records]) => sum + records, 0);
  const byReason = reasons.map(([reason, records]) => `${reason}: ${records}`);
  return count > mostRejected * read ? [{ count, byReason }] : [];
}
