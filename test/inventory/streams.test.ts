import { expect, test } from "vitest";
import type { StreamProtocol } from "../../src/inventory/passive/messages/message.ts";
import { streams } from "../../src/inventory/passive/streams.ts";

/** Messages of 60,000 bytes. */
const length = 60_000;
const protocol: StreamProtocol = {
  lengthOf: () => length,
  read: ({ from }) => [
    { about: { kind: "address", address: from.address }, by: "whole", facts: { name: String(from.port) } },
  ],
};

test("what waits for the rest of its message is bounded, however many begin one: the oldest is forgotten", () => {
  const read = streams([protocol]);
  const [begin, rest] = [Buffer.alloc(length - 1), Buffer.alloc(1)];
  const send = (port: number, sequence: number, payload: Buffer) =>
    read({ from: { address: "10.1.0.1", port }, to: { address: "10.1.0.2", port: 1 }, sequence, payload });
  for (let port = 0; port < 1000; port++) send(port, 0, begin);
  const ended = Array.from({ length: 1000 }, (_, port) => send(port, length - 1, rest).length);
  // 16 MiB hold 277 of them, less what those take that begin anew meanwhile.
  const count = ended.reduce((sum, one) => sum + one, 0);
  expect([count > 200, count <= 277]).toEqual([true, true]);
  expect([ended[0], ended[999]]).toEqual([0, 1]);
});
