import type { Announcement } from "./announcement.ts";
import type { End, MessageReader, StreamProtocol } from "./messages/message.ts";

/** A message longer than this is not waited for: none that names a device is. */
const longestMessage = 65_536;
/** So many bytes may wait for the rest of their message, of all streams together; the oldest are forgotten. */
const mostWaiting = 16 * 1024 * 1024;
/** What a stream that waits takes beside its bytes. */
const overhead = 512;

interface Waiting {
  readonly protocol: StreamProtocol;
  readonly bytes: Buffer;
  /** Sequence number of the next byte. */
  readonly next: number;
}

/** One TCP segment with its payload. */
export interface Segment {
  readonly from: End;
  readonly to: End;
  readonly sequence: number;
  readonly payload: Buffer;
}

/**
 * Cuts the messages out of TCP segments. A message may begin at any segment, since most captures start in the middle
 * of a connection, and may need several; what is missing in between ends it.
 */
export function streams(protocols: readonly StreamProtocol[]): (segment: Segment) => readonly Announcement[] {
  const waiting = new Map<string, Waiting>();
  let held = 0;
  const forget = (key: string): void => {
    held -= overhead + (waiting.get(key)?.bytes.length ?? -overhead);
    waiting.delete(key);
  };
  const keep = (key: string, one: Waiting): void => {
    waiting.set(key, one);
    held += overhead + one.bytes.length;
    while (held > mostWaiting) forget(waiting.keys().next().value!);
  };

  const messages = (segment: Segment, start: Waiting, key: string): readonly Announcement[] => {
    const found: Announcement[] = [];
    let { bytes } = start;
    for (;;) {
      const length = start.protocol.lengthOf(bytes);
      if (length === 0 || length > longestMessage) break;
      if (length > bytes.length) {
        // The capture's buffer is used again: what waits needs a copy.
        keep(key, { ...start, bytes: Buffer.from(bytes) });
        break;
      }
      found.push(
        ...start.protocol.read({ bytes: bytes.subarray(0, length), from: segment.from, to: segment.to }),
      );
      bytes = bytes.subarray(length);
      if (bytes.length === 0) break;
    }
    return found;
  };

  return (segment) => {
    const { from, to, sequence, payload } = segment;
    const protocol = protocols.find(({ lengthOf }) => lengthOf(payload) > 0);
    if (protocol === undefined && waiting.size === 0) return [];
    const key = `${from.address} ${from.port} ${to.address} ${to.port}`;
    const next = (sequence + payload.length) >>> 0;
    const begun = waiting.get(key);
    if (begun !== undefined) {
      // What was sent again says nothing new.
      if (begun.next !== sequence && (begun.next - sequence) >>> 0 < 0x8000_0000) return [];
      forget(key);
      if (begun.next === sequence)
        return messages(segment, { ...begun, bytes: Buffer.concat([begun.bytes, payload]), next }, key);
    }
    return protocol === undefined ? [] : messages(segment, { protocol, bytes: payload, next }, key);
  };
}

/** A protocol of streams where it runs over datagrams: each is one message. */
export const asDatagram =
  ({ lengthOf, read }: StreamProtocol): MessageReader =>
  (message) =>
    lengthOf(message.bytes) === message.bytes.length ? read(message) : [];
