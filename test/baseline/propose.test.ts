import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import type { Baseline, BaselineFlow } from "../../src/baseline/flow.ts";
import { propose } from "../../src/baseline/propose/propose.ts";
import { proposalYaml } from "../../src/baseline/propose/yaml.ts";
import { readSite } from "../../src/policy/read.ts";

const siteText = (decisions: string): string => `
sluice: 1
site: { name: Test plant, timezone: Europe/Zurich }
zones:
  cell1:
    level: 1
    sl-target: 2
    networks: [10.10.1.0/24]
    assets:
      plc1: { addresses: [10.10.1.10] }
      plc2: { addresses: [10.10.1.11] }
      spare: { addresses: [10.10.1.99] }
  dmz:
    level: 3
    sl-target: 2
    networks: [10.20.1.0/24, "fd00:20::/64"]
    assets:
      historian: { addresses: [10.20.1.5] }
      spare: { addresses: [10.20.1.99] }
  it: { level: 4, sl-target: 1, networks: [10.30.1.0/24] }
conduits:
  dmz-cell1:
    zones: [dmz, cell1]
    firewalls: [fw1]
${decisions}
firewalls:
  fw1:
    target: example
    address: 192.0.2.1
    ssh:
      user: root
      host-keys: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGI9NMskBXVPQJQXk2lTA5aVs4P17eGVGi/6R1hxpvp3 fw1"]
`;

const defaults = { example: { bootFile: "/etc/sluice.rules", bootEntry: "/etc/rules" } };

function siteWith(decisions = "") {
  const { value, diagnostics } = readSite(siteText(decisions), "site.yaml", defaults);
  expect(diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
  return value!;
}

const flow = (initiator: string, responder: string, more: Partial<BaselineFlow> = {}): BaselineFlow => ({
  family: 4,
  initiator,
  responder,
  protocol: 6,
  port: 502,
  connections: 1,
  packets: 100,
  bytes: 6000,
  firstSeen: "2026-01-05T08:00:00.000000Z",
  lastSeen: "2026-01-05T09:00:00.000000Z",
  evidence: "syn",
  confidence: 1,
  answered: true,
  cadence: { kind: "periodic", period: 10, jitter: 0.01, silenceDeadline: 30, samples: 360 },
  ...more,
});
const once = { cadence: undefined } as const;

const baselineOf = (...flows: readonly BaselineFlow[]): Baseline => ({
  schema: "sluice/baseline",
  version: 1,
  sources: [],
  flows,
});

const proposed = (...flows: readonly BaselineFlow[]) => propose(baselineOf(...flows), siteWith());
const permits = (...flows: readonly BaselineFlow[]) =>
  proposed(...flows).conduits.flatMap((conduit) => conduit.permits.map(({ flows: _, ...permit }) => permit));
const questions = (...flows: readonly BaselineFlow[]) => proposed(...flows).questions;

const [historian, plc1, plc2] = ["10.20.1.5", "10.10.1.10", "10.10.1.11"] as const;

describe("permits are grouped as a human would write them", () => {
  test("one who asks several for the same is one permit, with the site's names", () => {
    expect(permits(flow(historian, plc1), flow(historian, plc2))).toEqual([
      {
        id: "historian-modbus",
        initiators: ["historian"],
        responders: ["plc1", "plc2"],
        services: ["modbus"],
        critical: true,
      },
    ]);
  });

  test("several who ask the same responders are one permit, named after their zone", () => {
    expect(permits(flow(historian, plc1), flow("10.20.1.6", plc1))).toMatchObject([
      { id: "dmz-modbus", initiators: ["10.20.1.6", "historian"], responders: ["plc1"] },
    ]);
  });

  test("a periodic flow does not share a permit with others: its silence has a meaning", () => {
    expect(permits(flow(historian, plc1), flow(historian, plc2, once))).toMatchObject([
      { id: "historian-modbus", responders: ["plc1"], critical: true },
      { id: "historian-modbus-2", responders: ["plc2"], critical: false },
    ]);
  });

  test("both directions of a conduit are apart", () => {
    expect(permits(flow(historian, plc1), flow(plc1, historian))).toMatchObject([
      { id: "historian-modbus" },
      { id: "plc1-modbus", initiators: ["plc1"], responders: ["historian"] },
    ]);
  });

  test("an asset's id that two zones use stands with its zone", () => {
    expect(permits(flow("10.20.1.99", "10.10.1.99"))).toMatchObject([
      { id: "dmz-spare-modbus", initiators: ["dmz.spare"], responders: ["cell1.spare"] },
    ]);
  });

  test("a service is named only where all its ports were seen, else its ports are", () => {
    const dns = (protocol: number) => flow(historian, plc1, { protocol, port: 53 });
    expect(permits(dns(6), dns(17))).toMatchObject([{ id: "historian-dns", services: ["dns"] }]);
    expect(permits(dns(17))).toMatchObject([{ id: "historian-dns", services: ["udp/53"] }]);
  });

  test.each<[Partial<BaselineFlow>, string, string]>([
    [{ port: 9100 }, "historian-tcp-9100", "tcp/9100"],
    [{ protocol: 1, port: undefined, icmpType: 8 }, "historian-icmp-echo-request", "icmp/echo-request"],
    [{ protocol: 1, port: undefined, icmpType: 13 }, "historian-icmp-13", "icmp/13"],
    [{ protocol: 47, port: undefined }, "historian-gre", "gre"],
    [{ protocol: 200, port: undefined }, "historian-protocol-200", "protocol/200"],
  ])("%j is the service %s", (more, id, service) => {
    expect(permits(flow(historian, plc1, more))).toMatchObject([{ id, services: [service] }]);
  });

  test("ids stay free, short and fit for a file name", () => {
    const decided = `    permits:
      historian-modbus:
        { initiators: [historian], responders: [plc2], services: [modbus], reason: Polls. }`;
    const { conduits } = propose(baselineOf(flow(historian, plc1)), siteWith(decided));
    expect(conduits[0]!.permits.map(({ id }) => id)).toEqual(["historian-modbus-2"]);
    expect(permits(flow("fd00:20::5", plc1, { port: 9100 })).map(({ id }) => id)).toEqual(["dmz-tcp-9100"]);
  });
});

describe("what only a human can answer is asked, and not proposed", () => {
  test.each<[string, BaselineFlow, string, string]>([
    ["nobody answered", flow(historian, plc1, { answered: false }), "unanswered", "nobody answered"],
    [
      "a direction that is a guess",
      flow(historian, plc1, { confidence: 0.4, evidence: "guess" }),
      "direction",
      "guess only (40 % sure)",
    ],
    ["an address in no zone", flow(historian, "192.0.2.9"), "no-zone", "192.0.2.9 lies in no zone"],
    ["zones without a conduit", flow("10.30.1.5", plc1), "no-conduit", "zones cell1 and it talk"],
  ])("%s", (_, observed, kind, text) => {
    expect(permits(observed)).toEqual([]);
    expect(questions(observed)).toMatchObject([{ kind, text: expect.stringContaining(text) }]);
  });

  test("one short connection without a rhythm is asked about, and not proposed; a long one is", () => {
    const passing = {
      cadence: { kind: "irregular", silenceDeadline: 0.01, samples: 8 },
      lastSeen: "2026-01-05T08:00:02.000000Z",
    } as const;
    expect(permits(flow(historian, plc1, passing))).toEqual([]);
    expect(questions(flow(historian, plc1, passing))).toMatchObject([{ kind: "seen-once" }]);
    for (const more of [
      { connections: 2 },
      { lastSeen: "2026-01-05T08:02:00.000000Z" },
      { cadence: { kind: "periodic", period: 0.2, jitter: 0.01, silenceDeadline: 1, samples: 8 } } as const,
      { firstSeen: undefined, lastSeen: undefined },
    ])
      expect(permits(flow(historian, plc1, { ...passing, ...more } as Partial<BaselineFlow>))).toHaveLength(
        1,
      );
  });

  test("seen once, and families of dynamic ports, are proposed and asked about", () => {
    const observed = flow(historian, plc1, { port: 135, ...once });
    expect(permits(observed)).toMatchObject([{ id: "historian-dcom", critical: false }]);
    expect(questions(observed).map(({ kind }) => kind)).toEqual(["dynamic-ports", "seen-once"]);
  });
});

describe("what is settled needs nothing", () => {
  test("inside a zone, not routable, permitted, denied", () => {
    const decided = `    permits:
      poll: { initiators: [historian], responders: [cell1], services: [modbus], reason: Polls. }
    denied:
      web: { initiators: [dmz], responders: [plc1], services: [tcp/80-90], reason: Never approved. }`;
    const {
      conduits,
      questions: asked,
      settled,
    } = propose(
      baselineOf(
        flow(plc1, plc2),
        flow(historian, "10.10.1.255", { notRoutable: "broadcast" }),
        flow(historian, plc1),
        flow(historian, plc1, { port: 80 }),
      ),
      siteWith(decided),
    );
    expect([conduits, asked]).toEqual([[], []]);
    expect(settled).toEqual({
      "inside a zone": 1,
      "not routable": 1,
      "already permitted": 1,
      "already denied": 1,
    });
  });
});

describe("the proposal as YAML", () => {
  const proposal = proposed(flow(historian, plc1), flow(historian, plc2, once), flow("10.30.1.5", plc1));
  const text = proposalYaml(proposal, "baseline/lab.json");

  test("merged into the site file, it permits what was observed", () => {
    const { conduits } = parse(text);
    const merged = siteWith(`    permits: ${JSON.stringify(conduits["dmz-cell1"].permits)}`);
    expect(merged.conduits[0]!.permits.map(({ id, critical, evidence }) => [id, critical, evidence])).toEqual(
      [
        ["historian-modbus", true, "baseline/lab.json"],
        ["historian-modbus-2", false, "baseline/lab.json"],
      ],
    );
    expect(propose(baselineOf(flow(historian, plc1), flow(historian, plc2, once)), merged).conduits).toEqual(
      [],
    );
  });

  test("carries the evidence and the questions as comments", () => {
    expect(text).toContain(
      "      # historian -> plc1 tcp 502 (modbus): 1 connection, 100 packets, 2026-01-05 08:00:00Z to " +
        "2026-01-05 09:00:00Z, every 10 s ± 0.01 s; direction by syn, 100 % sure\n      historian-modbus:\n",
    );
    expect(text).toContain(
      "# 1. zones cell1 and it talk, but no conduit joins them: 10.30.1.5 -> plc1 tcp 502. If one is to join them, " +
        'write under conduits "cell1-it: {zones: [cell1, it], firewalls: [each that they cross]}", and propose again\n',
    );
  });

  test("with nothing to propose it is comments alone", () => {
    expect(parse(proposalYaml(proposed(), "baseline/lab.json"))).toBeNull();
  });
});

describe("VLANs are hints and never decide", () => {
  const seenIn = (vlan: number, ...addresses: readonly string[]) =>
    addresses.map((address) => ({ address, vlan: [vlan], seen: 5 }));
  const asked = (links: Baseline["links"], ...flows: readonly BaselineFlow[]) =>
    propose({ ...baselineOf(...flows), ...(links === undefined ? {} : { links }) }, siteWith()).questions;

  test("where an address lies in no zone, its VLAN is told with who else is in it", () => {
    const stranger = flow("172.16.0.9", plc1);
    expect(asked(seenIn(20, plc1, plc2, "172.16.0.9"), stranger)).toEqual([
      {
        kind: "no-zone",
        text: "172.16.0.9 lies in no zone: whose is it? (A hint: it was seen in VLAN 20, as were 2 of zone cell1 (plc1, plc2).) 172.16.0.9 -> plc1 tcp 502",
      },
    ]);
    expect(asked(seenIn(99, "172.16.0.9"), stranger)[0]!.text).toContain(
      "VLAN 99, where no address of any zone was",
    );
    expect(asked(undefined, stranger)[0]!.text).not.toContain("hint");
  });

  test("an address among those of another zone is a question, and its flows stay what they are", () => {
    const links = seenIn(20, plc1, plc2, historian);
    const baseline = { ...baselineOf(flow(historian, plc1)), links };
    const { questions: all, conduits } = propose(baseline, siteWith());
    expect(all).toEqual([
      {
        kind: "vlan",
        text: "historian lies in zone dmz by its address, but it was seen in VLAN 20, as were 2 of zone cell1 (plc1, plc2): which is right?",
      },
    ]);
    expect(conduits).toEqual(propose(baselineOf(flow(historian, plc1)), siteWith()).conduits);
  });

  test("one neighbour of another zone, or as many of its own, says nothing", () => {
    expect(asked(seenIn(20, plc1, historian))).toEqual([]);
    expect(asked(seenIn(20, plc1, plc2, historian, "10.20.1.6"))).toEqual([]);
  });
});
