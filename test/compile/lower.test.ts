import { describe, expect, test } from "vitest";
import { lowerConduit } from "../../src/compile/lower.ts";
import { formatRange } from "../../src/net/address.ts";
import { formatService } from "../../src/net/service.ts";
import { bare, type Flows, ping, policy, tcp } from "../support/policies.ts";

const lower = (...permits: readonly Flows[]) => {
  const { site, conduit } = policy(permits);
  return lowerConduit(site, conduit, "monitor");
};
const boxes = (...permits: readonly Flows[]): readonly string[] =>
  lower(...permits).value!.permits.flatMap((permit) =>
    permit.boxes.map(
      ({ source, destination, service }) =>
        `${formatRange(source)} > ${formatRange(destination)} ${formatService(service)}`,
    ),
  );

describe("lowering", () => {
  test("makes one box of each initiator, responder and service of one family", () => {
    expect(
      boxes({
        from: ["10.0.1.1", "fd00:1::1"],
        to: ["10.0.2.1", "fd00:2::1"],
        services: [tcp(502), tcp(80, 90)],
      }),
    ).toEqual([
      "10.0.1.1 > 10.0.2.1 tcp:502",
      "10.0.1.1 > 10.0.2.1 tcp:80-90",
      "fd00:1::1 > fd00:2::1 tcp:502",
      "fd00:1::1 > fd00:2::1 tcp:80-90",
    ]);
  });

  test("keeps an ICMP type in its own family", () => {
    const both = { from: ["10.0.1.1", "fd00:1::1"], to: ["10.0.2.1", "fd00:2::1"] };
    expect(boxes({ ...both, services: [ping(4), ping(6)] })).toEqual([
      "10.0.1.1 > 10.0.2.1 icmp:8",
      "fd00:1::1 > fd00:2::1 icmpv6:128",
    ]);
  });

  test("pairs the networks of the two zones by family", () => {
    expect(lower().value!.pairs.map(({ left, right }) => [formatRange(left), formatRange(right)])).toEqual([
      ["10.0.1.0/29", "10.0.2.0/29"],
      ["fd00:1::/125", "fd00:2::/125"],
    ]);
  });

  test.each([
    [
      "of two families",
      { from: ["10.0.1.1"], to: ["fd00:2::1"], services: [tcp(502)] },
      "permit-without-common-family",
    ],
    [
      "with a foreign ICMP type",
      { from: ["10.0.1.1"], to: ["10.0.2.1"], services: [ping(6)] },
      "icmp-of-other-family",
    ],
    ["outside the zones", { from: ["192.168.0.1"], to: ["10.0.2.1"], services: [tcp(502)] }, "empty-permit"],
    ["inside one zone", { from: ["10.0.2.2"], to: ["10.0.2.1"], services: [tcp(502)] }, "empty-permit"],
    ["without initiators", { from: [], to: ["10.0.2.1"], services: [tcp(502)] }, "empty-set"],
    ["without services", { from: ["10.0.1.1"], to: ["10.0.2.1"], services: [] }, "empty-set"],
    [
      "for a port of a protocol without ports, beside a good service",
      {
        ...{ from: ["10.0.1.1"], to: ["10.0.2.1"] },
        services: [tcp(502), { kind: "ports", protocol: 47, from: 5, to: 5 }],
      },
      "portless-protocol",
    ],
    [
      "for what is a header in front of the protocol in IPv6",
      { from: ["fd00:1::1"], to: ["fd00:2::1"], services: [tcp(502), bare(51)] },
      "extension-header",
    ],
    [
      "for protocol 0, which to some firewalls means every protocol",
      { from: ["10.0.1.1"], to: ["10.0.2.1"], services: [bare(0)] },
      "protocol-zero",
    ],
    [
      "for ICMP type 255, which to some firewalls means every type",
      {
        ...{ from: ["10.0.1.1"], to: ["10.0.2.1"] },
        services: [{ kind: "icmp", family: 4, type: 255 }],
      },
      "icmp-type-255",
    ],
  ] satisfies readonly (readonly [string, Flows, string])[])(
    "refuses a permit %s with a message of its own: it would admit nothing, or something else",
    (_, permit, code) => {
      const { value, diagnostics } = lower(permit);
      expect(value).toBeUndefined();
      expect(diagnostics).toHaveLength(1);
      expect(diagnostics[0]).toMatchObject({
        code: `compile/${code}`,
        severity: "error",
        span: { line: 2 },
      });
      expect(diagnostics[0]!.fix).toBeDefined();
    },
  );

  test("refuses a conduit whose zones share no IP version", () => {
    const { site, conduit } = policy([]);
    const [left, right] = site.zones;
    const zones = [
      { ...left!, networks: left!.networks.slice(0, 1) },
      { ...right!, networks: right!.networks.slice(1) },
    ];
    expect(lowerConduit({ ...site, zones }, conduit, "monitor").diagnostics[0]!.code).toBe(
      "compile/no-common-family",
    );
  });
});
