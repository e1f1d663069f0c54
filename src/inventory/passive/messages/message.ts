import type { Announcement } from "../announcement.ts";

/** One end of a message. */
export interface End {
  /** Canonical text. */
  readonly address: string;
  readonly port: number;
}

/** A whole message of one protocol, and between whom it went. */
export interface Message {
  readonly bytes: Buffer;
  readonly from: End;
  readonly to: End;
}

/** Reads what a message says about devices. It is told by content, since plants move services to other ports. */
export type MessageReader = (message: Message) => readonly Announcement[];

/** A protocol that runs over a byte stream. */
export interface StreamProtocol {
  /**
   * The length of the message at the start of `bytes`; 0 when none of this protocol starts there. It may be more than
   * there is, and `bytes` may end before the header does: then the least that is needed to tell.
   */
  lengthOf(bytes: Buffer): number;
  readonly read: MessageReader;
}
