import { describe, expect, test } from "vitest";
import { readPermitCounters } from "../../../targets/pfsense/counters.ts";
import { flowsOf, unadmittedStates } from "../../../targets/pfsense/cut.ts";
import { emitConduit } from "../../../targets/pfsense/emit.ts";
import { readStates } from "../../../targets/pfsense/states.ts";
import { conduitRules, tcpPermit } from "../../support/rules.ts";

const entry = (head: string, id = "5cd1f26700000002"): string =>
  `${head}       ESTABLISHED:ESTABLISHED\n   [2386438456 + 65535] wscale 7  [3160402219 + 64240] wscale 7\n   age 31:04:02, expires in 23:59:58, 120:118 pkts, 6000:5900 bytes, rule 45\n   id: ${id} creatorid: 1f5c8f2a\n   origif: em3.20\n`;
const only = (head: string) => readStates(entry(head)).states[0];

describe("pf's list of states", () => {
  test("names who asked and who answers, whichever way the arrow points", () => {
    const poll = { source: "10.20.0.77", sourcePort: 40000, destination: "10.10.1.10", destinationPort: 502 };
    expect(only("all tcp 10.10.1.10:502 <- 10.20.0.77:40000")).toEqual({
      id: "5cd1f26700000002",
      creator: "1f5c8f2a",
      family: 4,
      protocol: "tcp",
      packets: 238,
      answered: true,
      age: 31 * 3600 + 4 * 60 + 2,
      replies: 118,
      ...poll,
    });
    expect(only("em0 tcp 10.20.0.77:40000 -> 10.10.1.10:502")).toMatchObject(poll);
  });

  test("has IPv6 ports in brackets, and protocols without ports", () => {
    expect(only("all tcp fd00:10::10[502] <- fd00:20::77[40000]")).toMatchObject({
      family: 6,
      sourcePort: 40000,
      destinationPort: 502,
    });
    const gre = only("all gre 10.20.0.77 -> 10.10.1.10");
    expect(gre).toMatchObject({ source: "10.20.0.77", destination: "10.10.1.10" });
    expect(gre).not.toHaveProperty("destinationPort");
  });

  test("keeps the addresses that rules see where a translation stands beside them", () => {
    expect(only("all tcp 203.0.113.5:40000 (10.20.0.77:40000) -> 10.10.1.10:502")).toMatchObject({
      source: "203.0.113.5",
    });
    expect(only("all tcp 10.10.1.10:502 (198.51.100.1:502) <- 10.20.0.77:40000")).toMatchObject({
      destination: "10.10.1.10",
    });
  });

  test("gives back what it cannot read", () => {
    expect(
      readStates(`${entry("all tcp 10.0.0.1:1 -> 10.0.0.2:2")}all tcp odd\n   id: 1 creatorid: 2\n`),
    ).toMatchObject({
      states: [{ source: "10.0.0.1" }],
      unread: ["all tcp odd"],
    });
    expect(readStates("all tcp 10.0.0.1:1 -> 10.0.0.2:2  ESTABLISHED:ESTABLISHED\n").unread).toHaveLength(1);
    expect(readStates("")).toEqual({ states: [], unread: [] });
  });
});

describe("a state is cut at enforcement", () => {
  const icmp = { ...tcpPermit("ping", "10.20.1.10", "10.10.1.10") };
  const rules = conduitRules("enforce", [
    tcpPermit("poll", "10.20.1.10", "10.10.1.10"),
    { ...icmp, boxes: [{ ...icmp.boxes[0]!, service: { kind: "icmp", family: 4, type: 8 } }] },
  ]);
  const isCut = (head: string): boolean =>
    unadmittedStates(readStates(entry(head)).states, emitConduit(rules)).length === 1;

  test.each([
    ["a permitted poll", "all tcp 10.10.1.10:502 <- 10.20.1.10:40000", false],
    ["its other half", "all tcp 10.20.1.10:40000 -> 10.10.1.10:502", false],
    ["another client", "all tcp 10.10.1.10:502 <- 10.20.1.11:40000", true],
    ["another port", "all tcp 10.10.1.10:503 <- 10.20.1.10:40000", true],
    ["another protocol", "all udp 10.10.1.10:502 <- 10.20.1.10:40000", true],
    ["the direction that nobody permitted", "all tcp 10.20.1.10:502 <- 10.10.1.10:40000", true],
    ["an IPv6 session", "all tcp fd00:10::10[502] <- fd00:20::10[40000]", true],
    ["a ping that is permitted, whatever its type", "all icmp 10.10.1.10:512 <- 10.20.1.10:512", false],
    ["a ping of another host", "all icmp 10.10.1.10:512 <- 10.20.1.11:512", true],
    ["a session inside a zone", "all tcp 10.10.1.10:502 <- 10.10.1.11:40000", false],
    ["a session of another conduit", "all tcp 10.10.1.10:502 <- 10.30.1.11:40000", false],
  ])("or stays: %s", (_name, head, expected) => expect(isCut(head)).toBe(expected));
});

test("the two states of one session are one flow", () => {
  const { states } = readStates(
    entry("all tcp 10.10.1.10:502 <- 10.20.1.11:40000") + entry("all tcp 10.20.1.11:40000 -> 10.10.1.10:502"),
  );
  expect(flowsOf(states)).toEqual([
    {
      family: 4,
      source: "10.20.1.11",
      destination: "10.10.1.10",
      protocol: 6,
      port: 502,
      packets: 238,
      replies: 118,
    },
  ]);
});

describe("the counters of a permit", () => {
  test("are the packets in and out of its rules, by whatever labels pfSense gives them", () => {
    const listing = [
      "sluice:c01 poll 100 30 3000 16 1600 14 1400 2",
      "USER_RULE: sluice:c01:poll id:3305810375 50 3 300 2 200 1 100 1",
      "id=3305810375 descr=sluice:c01:poll 50 3 300 2 200 1 100 1",
      "sluice:c01 (rest) 9 9 9 9 9 9 9 9",
      "sluice:c02 poll 9 9 9 9 9 9 9 9",
      "USER_RULE: poll 9 9 9 9 9 9 9 9",
      "sluice:c01 poll",
    ].join("\n");
    expect(readPermitCounters(listing, "c01")).toEqual([{ permit: "poll", requests: 20, replies: 16 }]);
  });
});
