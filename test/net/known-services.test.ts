import { describe, expect, test } from "vitest";
import { knownService, knownServices } from "../../src/net/known-services.ts";
import { portProtocols } from "../../src/net/protocol.ts";

describe("known services", () => {
  test("names are fit for a site file, and each stands once", () => {
    const names = knownServices.map(({ name }) => name);
    expect(names.filter((name) => !/^[a-z][a-z0-9-]{0,30}$/.test(name))).toEqual([]);
    expect(new Set(names).size).toBe(names.length);
  });

  test("no port stands under two names, so an observed port has one reading", () => {
    const taken = new Map<string, string>();
    const twice = knownServices.flatMap(({ name, ports }) =>
      ports.flatMap(({ protocol, from, to }) => {
        const keys = Array.from({ length: to - from + 1 }, (_, index) => `${protocol}/${from + index}`);
        const clashes = keys
          .filter((key) => taken.has(key))
          .map((key) => `${key}: ${taken.get(key)}, ${name}`);
        for (const key of keys) taken.set(key, name);
        return clashes;
      }),
    );
    expect(twice).toEqual([]);
  });

  test("every range is one of a protocol with ports", () => {
    const ranges = knownServices.flatMap(({ ports }) => ports);
    expect(
      ranges.filter(
        ({ protocol, from, to }) => !portProtocols.has(protocol) || from < 1 || from > to || to > 65_535,
      ),
    ).toEqual([]);
  });

  test.each([
    [6, 502, "modbus"],
    [6, 102, "s7comm"],
    [6, 44_818, "enip"],
    [17, 2222, "enip-io"],
    [17, 47_808, "bacnet"],
    [6, 20_000, "dnp3"],
    [6, 4840, "opcua"],
    [6, 2404, "iec104"],
    [17, 34_964, "profinet"],
    [17, 502, "modbus-udp"],
    [132, 502, undefined],
    [6, 50_000, undefined],
  ])("protocol %i, port %i is %s", (protocol, port, name) => {
    expect(knownService(protocol, port)?.name).toBe(name);
  });
});
