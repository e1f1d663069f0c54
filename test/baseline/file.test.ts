import { describe, expect, test } from "vitest";
import { formatBaseline, readBaseline } from "../../src/baseline/file.ts";
import { pcap } from "./support/captures.ts";
import { observeBytes } from "./support/observe.ts";
import { icmp, ipv4, ipv6, tcp, tcpFlags } from "./support/packets.ts";

const polls = Array.from({ length: 8 }, (_, index) => ({
  data: ipv4("10.0.0.1", "10.0.0.2", 6, tcp(40_000, 502, tcpFlags.ack, 12)),
  seconds: 1000 + index,
}));
const others = [
  { data: ipv6("fd00::1", "ff02::1", 58, icmp(128)), seconds: 2000 },
  { data: ipv4("10.0.0.1", "10.0.0.2", 47, new Uint8Array(4)), seconds: 2000 },
  { data: new Uint8Array(7), seconds: 2001 },
];
const { baseline } = observeBytes([pcap([...polls, ...others], { linkType: 101 })]);
const text = formatBaseline(baseline);

describe("a baseline file", () => {
  test("what was written is read back, and written again as the same bytes", () => {
    const { value, diagnostics } = readBaseline(text, "lab.json");
    expect(diagnostics).toEqual([]);
    expect(value).toEqual(baseline);
    expect(formatBaseline(value!)).toBe(text);
  });

  test("has one flow a line, sorted", () => {
    const flows = text.split("\n").filter((line) => line.includes('"initiator"'));
    expect(flows.map((line) => JSON.parse(line.replace(/,$/, "")).protocol)).toEqual([6, 47, 58]);
  });

  test.each<[string, string, string, string, number]>([
    ["a key that is not known", '"answered":true', '"answred":true', 'Unrecognized key: "answred"', 8],
    ["an address with leading zeros", '"10.0.0.1"', '"10.0.0.01"', "expected a canonical IPv4 address", 8],
    [
      "a port of a protocol without ports",
      '"protocol":47',
      '"protocol":47,"port":1',
      "expected for protocols with ports only",
      9,
    ],
    ["a missing port", '"port":502,', "", "expected for protocols with ports only", 8],
    [
      "an ICMP type of another family",
      '"protocol":58',
      '"protocol":1',
      "expected for ICMP of the same family only",
      10,
    ],
    ["a confidence above 1", '"confidence":0.9', '"confidence":1.9', "Too big", 8],
    ["a later version", '"version": 1', '"version": 2', "expected 1", 3],
  ])("%s is reported at its line", (_, from, to, message, line) => {
    const { value, diagnostics } = readBaseline(text.replace(from, to), "lab.json");
    expect(value).toBeUndefined();
    expect(diagnostics.map((diagnostic) => diagnostic.message).join("\n")).toContain(message);
    expect(diagnostics[0]!.span).toMatchObject({ file: "lab.json", line });
  });

  test("what is no JSON is reported where it stops being JSON", () => {
    const { diagnostics } = readBaseline('{\n"schema": "sluice/baseline",,\n}', "lab.json");
    expect(diagnostics).toMatchObject([{ code: "baseline/syntax", span: { line: 2, column: 29 } }]);
  });
});
