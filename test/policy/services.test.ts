import { describe, expect, test } from "vitest";
import { formatService } from "../../src/net/service.ts";
import { builtInServices, parseService } from "../../src/policy/services.ts";

describe("a service", () => {
  test.each([
    ["tcp/502", "tcp:502"],
    ["udp/9100-9110", "udp:9100-9110"],
    ["sctp/2905", "sctp:2905"],
    ["icmp/8", "icmp:8"],
    ["icmp/echo-request", "icmp:8"],
    ["icmpv6/echo-request", "icmpv6:128"],
    ["gre", "gre"],
    ["protocol/89", "ospf"],
    ["any", "any"],
  ])("%s is %s", (text, expected) => {
    expect(formatService(parseService(text)!)).toBe(expected);
  });

  test.each([
    "tcp",
    "icmp",
    "tcp/",
    "tcp/-1",
    "tcp/01",
    "tcp/65536",
    "tcp/9-8",
    "udp/1-2-3",
    "protocol/17",
    "esp/3",
  ])("%s is refused", (text) => {
    expect(() => parseService(text)).toThrow(`"${text}"`);
  });

  test("of a plain word may be a name", () => {
    expect(parseService("modbus")).toBeUndefined();
    expect(builtInServices.get("modbus")!.map(formatService)).toContain("tcp:502");
  });

  test.each([
    ["s7comm", "tcp:102"],
    ["enip", "tcp:44818"],
    ["enip-io", "udp:2222"],
    ["dnp3", "tcp:20000"],
    ["opcua", "tcp:4840"],
    ["iec104", "tcp:2404"],
    ["bacnet", "udp:47808"],
    ["hart-ip", "udp:5094"],
    ["synchrophasor", "tcp:4712"],
    ["ntp", "udp:123"],
    ["rdp", "tcp:3389"],
    ["mssql", "tcp:1433"],
  ])("%s is built in", (name, port) => {
    expect(builtInServices.get(name)?.map(formatService)).toContain(port);
  });
});
