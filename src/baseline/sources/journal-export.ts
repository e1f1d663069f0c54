import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import { carry } from "./carry.ts";
import type { FrameSink } from "./frame.ts";
import { headerWriter } from "./headers.ts";
import { readJournalEntry } from "./packet-log.ts";
import { drop } from "./record.ts";
import { type ByteReader, SourceError, type Tally } from "./source.ts";
import { cutShort } from "./truncated.ts";

/** Entries begin with their fields that the journal itself gives: `__CURSOR=…`, `__REALTIME_TIMESTAMP=…`. */
export const isJournalExport = (text: string): boolean =>
  /^__[A-Z_]+=/.test(text) && /^__REALTIME_TIMESTAMP=\d/m.test(text);

const lineFeed = 10;
/** Behind the name of a field that is not plain text: its length, 64 bits, the lowest byte first. */
const lengthBytes = 8;
/** systemd's own bound on a field (DATA_SIZE_MAX is more, and is for core dumps). */
const longestField = 64 << 20;

/**
 * Reads packets that rules of a firewall logged from `journalctl -o export` (systemd.io, Journal Export Formats): fields
 * `NAME=value` a line, or `NAME`, a length and so many bytes where the value is no plain text; an empty line ends an entry.
 */
export function journalExportReader(sink: FrameSink, tally: Tally): ByteReader {
  const write = headerWriter(sink);
  const decoder = new TextDecoder();
  let entry = new Map<string, string>();
  let entries = 0;
  const note = (name: string, value: string): void => {
    // A field may come several times; the journal's own tools show the first.
    if (!entry.has(name)) entry.set(name, value);
  };
  const finish = (): void => {
    if (entry.size === 0) return;
    entries += 1;
    const [micros, program, message = ""] = ["__REALTIME_TIMESTAMP", "SYSLOG_IDENTIFIER", "MESSAGE"].map(
      (name) => entry.get(name),
    );
    entry = new Map();
    const packet = readJournalEntry(micros, program, message);
    const reason = "kind" in packet ? packet : write(packet);
    if (reason === undefined) return;
    drop(reason, tally, `entry ${entries}: ${message.slice(0, 200)}`);
  };

  const carried = carry((bytes, view, base) => {
    let at = 0;
    for (;;) {
      const end = bytes.indexOf(lineFeed, at);
      if (end < 0) return at;
      const line = decoder.decode(bytes.subarray(at, end));
      const equals = line.indexOf("=");
      if (line === "") finish();
      else if (equals > 0) note(line.slice(0, equals), line.slice(equals + 1));
      else {
        const from = end + 1 + lengthBytes;
        if (from > bytes.length) return at;
        const length = view.getBigUint64(end + 1, true);
        if (!/^[A-Z0-9_]+$/.test(line) || length > longestField)
          throw new SourceError(
            `byte ${base + at} should begin a field of a journal, NAME=value or NAME and a length: the file is damaged from ` +
              "here on; export the journal again",
          );
        const to = from + Number(length);
        // A line feed ends the value.
        if (to >= bytes.length) return at;
        note(line, decoder.decode(bytes.subarray(from, to)));
        at = to + 1;
        continue;
      }
      at = end + 1;
    }
  });

  return {
    format: "packet log of a firewall (journal export)",
    unit: "records",
    push: carried.push,
    end(): readonly Diagnostic[] {
      const { at, length } = carried.left;
      if (length > 0) return [cutShort(tally, `entry ${entries + 1}`, at, length)];
      finish();
      return [];
    },
  };
}
