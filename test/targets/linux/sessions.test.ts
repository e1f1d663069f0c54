import { describe, expect, test } from "vitest";
import type { LiveSession } from "../../../src/target.ts";
import { readSessions } from "../../../targets/linux-sessions.ts";

const timeouts =
  "@timeout tcp_timeout_established 432000\n@timeout udp_timeout 30\n@timeout udp_timeout_stream 120\n@timeout icmp_timeout 30\n";
const read = (...lines: readonly string[]) =>
  readSessions({ code: 0, stdout: `${timeouts}${lines.map((line) => `${line}\n`).join("")}`, stderr: "" });
function only(line: string): LiveSession {
  const listed = read(line);
  if (listed.kind !== "listed" || listed.sessions.length !== 1) throw new Error(JSON.stringify(listed));
  return listed.sessions[0]!;
}

describe("the table of connection tracking", () => {
  test("is read from the tool, with times and counts where the kernel keeps them", () => {
    expect(
      only(
        "ipv4     2 tcp      6 431940 ESTABLISHED src=10.20.1.66 dst=10.10.1.10 sport=40000 dport=502 packets=7 bytes=400 " +
          "src=10.10.1.10 dst=10.20.1.66 sport=502 dport=40000 packets=5 bytes=300 [ASSURED] mark=0 delta-time=86461 use=1",
      ),
    ).toEqual({
      ...{ family: 4, initiator: "10.20.1.66", responder: "10.10.1.10", protocol: 6, port: 502 },
      ...{ initiatorPort: 40000, answered: true, age: 86461, idle: 60, packets: 12 },
      key: "protocol=6 src=10.20.1.66 dst=10.10.1.10 sport=40000 dport=502",
    });
  });

  test("is read from /proc too, where addresses are written out and zones named", () => {
    const ends =
      "src=fd00:0020:0000:0000:0000:0000:0000:0066 dst=fd00:0010:0000:0000:0000:0000:0000:0010 sport=40000 dport=502";
    const back =
      "src=fd00:0010:0000:0000:0000:0000:0000:0010 dst=fd00:0020:0000:0000:0000:0000:0000:0066 sport=502 dport=40000";
    expect(
      only(`ipv6     10 tcp      6 431998 ESTABLISHED ${ends} ${back} [ASSURED] mark=0 zone=3 use=2`),
    ).toMatchObject({
      ...{ family: 6, initiator: "fd00:20::66", responder: "fd00:10::10", idle: 2 },
      key: `protocol=6 ${ends} zone=3`,
    });
  });

  test("is read through translations: each end as the rules see it", () => {
    expect(
      only(
        "ipv4     2 udp      17 119 src=10.20.1.66 dst=192.0.2.1 sport=40000 dport=5020 " +
          "src=10.10.1.10 dst=192.0.2.9 sport=502 dport=1024 [ASSURED] mark=0 use=1",
      ),
    ).toMatchObject({
      ...{ initiator: "10.20.1.66", initiatorPort: 40000, responder: "10.10.1.10", port: 502, idle: 1 },
      key: "protocol=17 src=10.20.1.66 dst=192.0.2.1 sport=40000 dport=5020",
    });
  });

  test("knows an unanswered one, and ICMP with its type", () => {
    const line =
      "ipv4     2 icmp     1 29 src=10.20.1.66 dst=10.10.1.10 type=8 code=0 id=77 [UNREPLIED] " +
      "src=10.10.1.10 dst=10.20.1.66 type=0 code=0 id=77 mark=0 use=1";
    expect(only(line)).toEqual({
      ...{
        family: 4,
        initiator: "10.20.1.66",
        responder: "10.10.1.10",
        protocol: 1,
        icmpType: 8,
        icmpCode: 0,
      },
      ...{ answered: false, idle: 1 },
      key: "protocol=1 src=10.20.1.66 dst=10.10.1.10 type=8 code=0 id=77",
    });
  });

  test("says nothing of the silence when other rules gave the entry a longer time", () => {
    const line =
      "ipv4     2 udp      17 500 src=10.20.1.66 dst=10.10.1.10 sport=1 dport=2 src=10.10.1.10 dst=10.20.1.66 sport=2 dport=1 use=1";
    expect(only(line)).not.toHaveProperty("idle");
  });

  test("says nothing of the silence of one whose data is not acknowledged: the kernel gave it a short time, not five days of silence", () => {
    const line = (left: number): string =>
      `ipv4     2 tcp      6 ${left} ESTABLISHED src=10.20.1.66 dst=10.10.1.10 sport=1 dport=502 src=10.10.1.10 dst=10.20.1.66 sport=502 dport=1 [ASSURED] use=1`;
    const timeouts = ["@timeout tcp_timeout_unacknowledged 300", "@timeout tcp_timeout_max_retrans 200"];
    const idleOf = (left: number): number | undefined => {
      const listing = read(...timeouts, line(left));
      return listing.kind === "listed" ? listing.sessions[0]!.idle : Number.NaN;
    };
    expect([299, 150, 301].map(idleOf)).toEqual([undefined, undefined, 432_000 - 301]);
  });

  test("leaves out what is over, and counts what it cannot read", () => {
    expect(
      read(
        "ipv4     2 tcp      6 60 TIME_WAIT src=10.20.1.66 dst=10.10.1.10 sport=1 dport=2 src=10.10.1.10 dst=10.20.1.66 sport=2 dport=1 use=1",
        "ipv4     2 tcp      6 60 ESTABLISHED src=10.20.1.66 dst=10.10.1.10 sport=1",
        "something else",
      ),
    ).toEqual({ kind: "listed", sessions: [], unread: 2, endable: false });
  });

  test("is absent, with what to do, where the host does not show it", () => {
    expect(readSessions({ code: 3, stdout: timeouts, stderr: "" })).toMatchObject({
      kind: "not-listed",
      reason: expect.stringContaining("install the package conntrack"),
    });
    expect(readSessions({ code: 1, stdout: "", stderr: "Operation not permitted" })).toMatchObject({
      reason: expect.stringContaining("Operation not permitted"),
    });
  });
});
