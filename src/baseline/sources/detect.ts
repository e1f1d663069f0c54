import type { Conversation } from "../conversation.ts";
import type { FrameSink } from "./frame.ts";
import { isPcapMagic, pcapReader } from "./pcap.ts";
import { pcapngMagic, pcapngReader } from "./pcapng.ts";
import { type ByteReader, FormatError, type Tally } from "./source.ts";
import { zeekJsonReader } from "./zeek-json.ts";
import { zeekTsvReader } from "./zeek-tsv.ts";

/** How many bytes of a file tell its format. */
export const detectionLength = 512;

/** Magic numbers of what others make of captures, with the remedy. */
const foreign: readonly (readonly [prefix: readonly number[], what: string])[] = [
  [[0xfd, 0x37, 0x7a, 0x58, 0x5a], "xz compressed: give `xz -dc FILE | sluice observe -`"],
  [[0x28, 0xb5, 0x2f, 0xfd], "zstd compressed: give `zstd -dc FILE | sluice observe -`"],
  [[0x42, 0x5a, 0x68], "bzip2 compressed: give `bzip2 -dc FILE | sluice observe -`"],
  [[0x50, 0x4b, 0x03, 0x04], "a zip archive: unpack it first"],
  [[0x73, 0x6e, 0x6f, 0x6f, 0x70, 0x00], "a snoop capture: convert it with `editcap -F pcapng IN OUT`"],
];

/** What a source hands on: frames of captures, or whole conversations of logs. */
export interface Sinks {
  readonly frame: FrameSink;
  readonly conversation: (talk: Conversation) => void;
  readonly tally: Tally;
}

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
  const other = foreign.find(([prefix]) => prefix.every((byte, index) => head[index] === byte));
  if (other !== undefined) throw new FormatError(`the file is ${other[1]}`);
  const text = new TextDecoder().decode(head).trimStart();
  if (text.startsWith("{")) return zeekJsonReader(sinks.conversation, sinks.tally);
  if (text.startsWith("#")) return zeekTsvReader(sinks.conversation, sinks.tally);
  const start = [...head.subarray(0, 8)].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
  throw new FormatError(
    `the format is not known (it starts with the bytes ${start}); read are pcap, pcapng, and Zeek's conn.log as ` +
      "TSV with its header or as JSON lines, each also gzip compressed",
  );
}
