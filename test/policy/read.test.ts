import { describe, expect, test } from "vitest";
import { formatRange } from "../../src/net/address.ts";
import { formatService } from "../../src/net/service.ts";
import { readSite } from "../../src/policy/read.ts";
import { changed, siteOf } from "./support/plant.ts";

const permitOf = (change: Parameters<typeof changed>[0]) => {
  const { initiators, responders, services } = siteOf(changed(change)).conduits[0]!.permits[0]!;
  return {
    from: initiators.map(formatRange),
    to: responders.map(formatRange),
    services: services.map(formatService),
  };
};

describe("a site file", () => {
  test("means its names: zones, assets, services, places", () => {
    const site = siteOf(changed(() => undefined));
    expect(
      site.zones.map(({ id, level, slTarget, networks }) => [id, level, slTarget, networks.map(formatRange)]),
    ).toEqual([
      ["cell", 1, 2, ["10.1.0.0/24", "fd00:1::/64"]],
      ["dmz", 3, 2, ["10.2.0.0/24", "fd00:2::/64"]],
    ]);
    expect(site.conduits[0]).toMatchObject({
      id: "dmz-cell",
      zones: ["dmz", "cell"],
      firewalls: ["fw1"],
      permits: [{ id: "poll", owner: "eva", critical: true, evidence: "baseline/week.json" }],
      denials: [],
    });
    expect(site.firewalls[0]).toMatchObject({
      target: "nftables",
      ssh: { user: "root", port: 22 },
      bootFile: "/etc/nftables.d/sluice.nft",
      bootEntry: "/etc/nftables.conf",
    });
  });

  test("without a section has the documented defaults", () => {
    const { criteria, approvals, trial, rights } = siteOf(changed(() => undefined));
    expect(criteria.map(({ span, ...criterion }) => criterion)).toEqual([
      {
        ...{ id: "baselined-flow-dropped", type: "flow-dropped", interval: 2 },
        ...{ failureLimit: Number.MAX_SAFE_INTEGER, consecutiveLimit: 0 },
        ...{ onNoData: "fail", severity: "abort" },
      },
      {
        ...{ id: "heartbeat", type: "heartbeat-lost", interval: 2 },
        ...{ failureLimit: Number.MAX_SAFE_INTEGER, consecutiveLimit: 1 },
        ...{ onNoData: "hold", severity: "abort" },
      },
    ]);
    expect(approvals).toEqual({
      monitor: { count: 1, roles: ["approver"] },
      enforce: { count: 2, roles: ["approver"] },
      broaden: { count: 2, roles: ["approver"] },
      validFor: 14 * 86_400,
    });
    expect(trial).toEqual({ lease: 120, renewEvery: 5, soak: 600, maximum: 3600, reserve: 600 });
    expect(rights.bypass).toEqual(["operator", "engineer"]);
  });

  test("may name ends as zone, asset, zone.asset, address, prefix, stretch and group", () => {
    const flows = permitOf((plant) => {
      plant.groups = { servers: ["historian", "10.2.0.64/26"], all: ["servers", "10.2.0.20-10.2.0.22"] };
      Object.assign(plant.conduits["dmz-cell"].permits.poll, {
        initiators: ["all", "10.2.0.11"],
        responders: ["cell.plc", "cell"],
      });
    });
    expect(flows.from).toEqual(["10.2.0.10", "10.2.0.64/26", "10.2.0.20-10.2.0.22", "10.2.0.11"]);
    expect(flows.to).toEqual(["10.1.0.10", "10.1.0.0/24", "fd00:1::/64"]);
  });

  test("may build services of built-in ones and of its own", () => {
    const flows = permitOf((plant) => {
      plant.services = { recipes: ["tcp/9100", "udp/9100-9110"], hall: ["recipes", "iec104", "icmp/8"] };
      plant.conduits["dmz-cell"].permits.poll.services = ["hall", "gre"];
    });
    expect(flows.services).toEqual(["tcp:9100", "udp:9100-9110", "tcp:2404", "icmp:8", "gre"]);
  });

  test("may use anchors", () => {
    const shared = changed((plant) => {
      plant.windows.day = "WINDOW";
    })
      .replace("  night:\n", "  night: &night\n")
      .replace("day: WINDOW", "day: *night");
    expect(siteOf(shared).windows.map(({ id, days, from }) => [id, days, from])).toEqual([
      ["night", ["sat"], "02:00"],
      ["day", ["sat"], "02:00"],
    ]);
  });

  test("lets a conduit put its own criteria beside and in place of the site's", () => {
    const { criteria } = siteOf(
      changed((plant) => {
        plant.conduits["dmz-cell"].criteria = {
          heartbeat: { type: "heartbeat-lost", interval: "10s", "failure-limit": 3 },
          mine: { type: "flow-dropped", interval: "1m" },
        };
      }),
    ).conduits[0]!;
    expect(criteria?.map(({ id, interval, failureLimit }) => [id, interval, failureLimit])).toEqual([
      ["baselined-flow-dropped", 2, Number.MAX_SAFE_INTEGER],
      ["heartbeat", 10, 3],
      ["mine", 60, Number.MAX_SAFE_INTEGER],
    ]);
  });

  test("keeps free text on one line", () => {
    const text = changed((plant) => {
      plant.conduits["dmz-cell"].permits.poll.reason = "The historian\n  polls\tvalues.\n";
    });
    expect(siteOf(text).conduits[0]!.permits[0]!.reason).toBe("The historian polls values.");
  });

  test("without known targets must say its boot files", () => {
    const { diagnostics } = readSite(
      changed(() => undefined),
      "site.yaml",
    );
    expect(diagnostics.map(({ message }) => message)).toEqual([
      '"fw1" needs the keys "boot-file" and "boot-entry"',
    ]);
  });
});
