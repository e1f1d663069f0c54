import { type Clock, epoch } from "./clock.ts";
import { type Drop, ignored } from "./drop.ts";
import { isFilterlogLine, readFilterlogLine } from "./filterlog-line.ts";
import type { FrameSink } from "./frame.ts";
import { headerWriter, type LoggedPacket } from "./headers.ts";
import { type JsonObject, textOf } from "./json.ts";
import { jsonLinesReader } from "./json-lines.ts";
import { lineReader } from "./lines.ts";
import { lineTime } from "./log-line.ts";
import { isNetfilterLine, readNetfilterLine } from "./netfilter-line.ts";
import type { ByteReader, Tally } from "./source.ts";

const otherMessage = ignored("not a packet of a firewall's log");

export const packetLogFormat = "packet log of a firewall";

export const isPacketLogLine = (line: string): boolean => isNetfilterLine(line) || isFilterlogLine(line);

/** Reads packets that rules of a firewall logged, through the kernel of Linux or filterlog, among the other messages. */
export function packetLogReader(sink: FrameSink, tally: Tally, clock: Clock): ByteReader {
  const write = headerWriter(sink);
  return lineReader(packetLogFormat, tally, (line) => {
    const packet = readMessage(line, () => lineTime(line, clock.inOrder));
    return "kind" in packet ? packet : write(packet);
  });
}

/** Reads the same from `journalctl -o json`. */
export function journalReader(sink: FrameSink, tally: Tally): ByteReader {
  const write = headerWriter(sink);
  return jsonLinesReader("packet log of a firewall (journal)", tally, (entry) => {
    const packet = readJournalEntry(
      textOf(entry, "__REALTIME_TIMESTAMP"),
      textOf(entry, "SYSLOG_IDENTIFIER"),
      messageOf(entry),
    );
    return "kind" in packet ? packet : write(packet);
  });
}

/** @param micros microseconds since 1970, in digits. */
export const readJournalEntry = (
  micros: string | undefined,
  program: string | undefined,
  message: string,
): LoggedPacket | Drop =>
  // The program's name stands beside the message, where syslog has it in front.
  readMessage(`${program ?? ""}: ${message}`, () => epoch(Number(micros) / 1e6));

function readMessage(message: string, time: () => number): LoggedPacket | Drop {
  if (isNetfilterLine(message)) return readNetfilterLine(message, time);
  return isFilterlogLine(message) ? readFilterlogLine(message, time()) : otherMessage;
}

/** A message that is not plain text stands in the journal as a list of bytes. */
function messageOf({ MESSAGE: message }: JsonObject): string {
  return Array.isArray(message) ? Buffer.from(message as number[]).toString("utf8") : String(message);
}
