import { type Announcement, known, wireText } from "../announcement.ts";
import type { StreamProtocol } from "./message.ts";

/** A header longer than this is not waited for. */
const longestHeader = 8192;

/** The head of a response (RFC 9112): who serves says so in `Server` (RFC 9110, 10.2.4). What follows is not read. */
export const http: StreamProtocol = {
  lengthOf(bytes) {
    if (!"HTTP/1.".startsWith(bytes.toString("latin1", 0, 7))) return 0;
    const end = bytes.indexOf("\r\n\r\n");
    if (end >= 0) return end + 4;
    return bytes.length < longestHeader ? bytes.length + 1 : 0;
  },
  read({ bytes, from }): readonly Announcement[] {
    const head = bytes.toString("latin1");
    const server = /^server:[ \t]*(.*)$/im.exec(head)?.[1];
    const model = server === undefined ? undefined : wireText(Buffer.from(server, "latin1"));
    // What a proxy passes on (RFC 9110, 7.6.3) names the server behind it.
    if (model === undefined || /^via:/im.test(head)) return [];
    return [
      {
        about: { kind: "address", address: from.address },
        by: "HTTP Server",
        part: `web server on port ${from.port}`,
        facts: known({ model }),
      },
    ];
  },
};
