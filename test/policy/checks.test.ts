import { describe, expect, test } from "vitest";
import { checks } from "../../src/policy/checks/registry.ts";
import { placeholderKey } from "../../src/policy/schema/placeholder-key.ts";
import { changed, checked, observed } from "./support/plant.ts";

/** Line and column of a key in a text, by the words that lead to it. */
function placeOf(text: string, ...words: readonly string[]): string {
  const offset = words.reduce((from, word) => text.indexOf(`${word}:`, from), 0);
  const before = text.slice(0, offset).split("\n");
  return `${before.length}:${(before.at(-1)?.length ?? 0) + 1}`;
}

interface Case {
  readonly check: string;
  // biome-ignore lint/suspicious/noExplicitAny: a change may put anything anywhere
  readonly change: (plant: any) => void;
  readonly subject: string;
  readonly message: string;
  /** Keys from the top of the file down to the one that is marked. */
  readonly at: readonly string[];
}

const poll = ["conduits", "poll"];
const it = { level: 4, "sl-target": 1, networks: ["10.4.0.0/24", "fd00:4::/64"] };

/** Both zones with IPv6 on one link. */
// biome-ignore lint/suspicious/noExplicitAny: a change may put anything anywhere
function oneLink({ zones: { dmz, cell } }: any): void {
  dmz.networks[1] = "fd00:1::8000/113";
  cell.networks[1] = "fd00:1::/113";
  dmz.assets.historian.addresses.push("fd00:1::8010");
  cell.assets.plc.addresses.push("fd00:1::10");
}

const cases: readonly Case[] = [
  {
    check: "level-skipped",
    change: (plant) => {
      plant.zones.dmz.level = 4;
    },
    subject: "dmz-cell",
    message: 'conduit "dmz-cell" joins level 4 ("dmz") with level 1 ("cell")',
    at: ["conduits", "dmz-cell"],
  },
  {
    check: "neighbours-cut",
    change: (plant) => {
      plant.firewalls.fw1.transparent = true;
      oneLink(plant);
      const permit = { reason: "They find each other.", owner: "eva", services: ["icmpv6/135"] };
      plant.conduits["dmz-cell"].permits.ask = { ...permit, initiators: ["historian"], responders: ["plc"] };
      plant.conduits["dmz-cell"].permits.ask.evidence = "baseline/week.json";
    },
    subject: "dmz-cell",
    message: 'the bridge of conduit "dmz-cell" would cut the neighbour discovery of permit "poll"',
    at: ["conduits", "dmz-cell"],
  },
  {
    check: "safety-reachable",
    change: (plant) => {
      plant.zones.cell.marks = ["safety"];
    },
    subject: "dmz-cell.poll",
    message: 'permit "poll" lets "dmz" reach into safety zone "cell"',
    at: poll,
  },
  {
    check: "wireless-to-control",
    change: (plant) => {
      plant.zones.dmz.marks = ["wireless"];
    },
    subject: "dmz-cell",
    message: 'conduit "dmz-cell" joins wireless zone "dmz" with "cell" at level 1',
    at: ["conduits", "dmz-cell"],
  },
  {
    check: "temporary-without-expiry",
    change: (plant) => {
      plant.zones.dmz.marks = ["temporary"];
    },
    subject: "dmz-cell.poll",
    message: 'permit "poll" of temporary zone "dmz" never expires',
    at: poll,
  },
  {
    check: "external-high-target",
    change: (plant) => {
      plant.zones.dmz.marks = ["external"];
      plant.zones.cell["sl-target"] = 3;
      plant.zones.cell.consequence = "A spill into the river.";
    },
    subject: "dmz-cell.poll",
    message: 'permit "poll" joins external zone "dmz" with "cell" at SL-T 3',
    at: poll,
  },
  {
    check: "target-without-consequence",
    change: (plant) => {
      plant.zones.cell["sl-target"] = 3;
    },
    subject: "cell",
    message: 'zone "cell" has SL-T 3 and no consequence',
    at: ["zones", "cell"],
  },
  {
    check: "ipv6-forgotten",
    change: (plant) => {
      plant.zones.cell.networks = ["10.1.0.0/24"];
    },
    subject: "dmz-cell",
    message: 'IPv6 between "dmz" and "cell" is not filtered: "cell" has no IPv6 network',
    at: ["conduits", "dmz-cell"],
  },
  {
    check: "zone-without-conduit",
    change: (plant) => {
      plant.zones.it = it;
    },
    subject: "it",
    message: 'no conduit joins zone "it" with another',
    at: ["zones", "  it"],
  },
  {
    check: "asset-address-twice",
    change: (plant) => {
      plant.zones.cell.assets.drive.addresses = ["10.1.0.10"];
    },
    subject: "cell.drive",
    message: 'assets "plc" and "drive" both have 10.1.0.10',
    at: ["zones", "drive"],
  },
  {
    check: "unpatched-asset",
    change: (plant) => {
      plant.zones.cell.assets.plc.patch = { state: "behind", reason: "Waits for the shutdown." };
    },
    subject: "cell.plc",
    message: 'asset "plc" is behind with its patches, without a reason and controls',
    at: ["zones", "plc"],
  },
  {
    check: "empty-conduit",
    change: (plant) => {
      delete plant.conduits["dmz-cell"].permits;
    },
    subject: "dmz-cell",
    message: 'conduit "dmz-cell" permits and denies nothing',
    at: ["conduits", "dmz-cell"],
  },
  {
    check: "conduit-not-crossed",
    change: (plant) => {
      plant.firewalls.fw1.interfaces = { dmz: ["eth0"] };
    },
    subject: "dmz-cell",
    message: 'firewall "fw1" has no interface towards "cell"',
    at: ["conduits", "dmz-cell"],
  },
  {
    check: "any-to-any",
    change: (plant) => {
      Object.assign(plant.conduits["dmz-cell"].permits.poll, {
        initiators: ["dmz"],
        responders: ["cell"],
        services: ["any"],
      });
    },
    subject: "dmz-cell.poll",
    message: 'permit "poll" lets everything pass from all of "dmz" to all of "cell"',
    at: poll,
  },
  {
    check: "service-any",
    change: (plant) => {
      plant.conduits["dmz-cell"].permits.poll.services = ["any"];
    },
    subject: "dmz-cell.poll",
    message: 'permit "poll" lets every service pass',
    at: poll,
  },
  {
    check: "wide-port-range",
    change: (plant) => {
      plant.conduits["dmz-cell"].permits.poll.services = ["tcp/500-1000"];
    },
    subject: "dmz-cell.poll",
    message: 'permit "poll" opens 501 ports (tcp:500-1000)',
    at: poll,
  },
  {
    check: "dynamic-ports",
    change: (plant) => {
      plant.conduits["dmz-cell"].permits.poll.services = ["tcp/502", "dcom"];
    },
    subject: "dmz-cell.poll",
    message:
      'permit "poll" names dcom: after the endpoint mapper the objects use dynamic ports (49152-65535, older hosts 1024-5000)',
    at: poll,
  },
  {
    check: "cleartext-service",
    change: (plant) => {
      plant.conduits["dmz-cell"].permits.poll.services = ["tcp/502", "tcp/23"];
    },
    subject: "dmz-cell.poll",
    message: 'permit "poll" carries telnet in the clear; ssh takes its place',
    at: poll,
  },
  {
    check: "shadowed-permit",
    change: (plant) => {
      const { permits } = plant.conduits["dmz-cell"];
      permits.low = { ...permits.poll, responders: ["10.1.0.8-10.1.0.10"] };
      permits.high = { ...permits.poll, responders: ["10.1.0.11-10.1.0.15"] };
      permits.both = { ...permits.poll, responders: ["10.1.0.8/29"] };
    },
    subject: "dmz-cell.both",
    message: 'permit "both" admits nothing that earlier permits do not: "poll", "low", "high"',
    at: ["conduits", "both"],
  },
  {
    check: "redundant-permit",
    change: (plant) => {
      const { permits } = plant.conduits["dmz-cell"];
      permits.low = { ...permits.poll, responders: ["10.1.0.8-10.1.0.10"] };
      permits.high = { ...permits.poll, responders: ["10.1.0.11-10.1.0.15"] };
      permits.part = { ...permits.poll, critical: false, responders: ["10.1.0.10-10.1.0.11"] };
      plant.conduits["dmz-cell"].permits = { part: permits.part, low: permits.low, high: permits.high };
    },
    subject: "dmz-cell.part",
    message: 'permit "part" admits nothing that the others do not: "low", "high"',
    at: ["conduits", "part"],
  },
  {
    check: "denied-and-permitted",
    change: (plant) => {
      plant.conduits["dmz-cell"].denied = {
        "all-modbus": {
          initiators: ["dmz"],
          responders: ["cell"],
          services: ["modbus"],
          reason: "Never approved.",
        },
      };
    },
    subject: "dmz-cell.poll",
    message: 'permit "poll" admits some of what "all-modbus" denies',
    at: poll,
  },
  {
    check: "evidence-unreadable",
    change: (plant) => {
      plant.conduits["dmz-cell"].permits.poll.evidence = "baseline/lost.json";
    },
    subject: "dmz-cell.poll",
    message: 'the evidence of permit "poll" cannot be read: baseline/lost.json',
    at: poll,
  },
  {
    check: "permit-without-evidence",
    change: (plant) => {
      delete plant.conduits["dmz-cell"].permits.poll.evidence;
    },
    subject: "dmz-cell.poll",
    message: 'permit "poll" names no evidence',
    at: poll,
  },
  {
    check: "wider-than-evidence",
    change: (plant) => {
      plant.conduits["dmz-cell"].permits.poll.responders = ["plc", "drive"];
    },
    subject: "dmz-cell.poll",
    message: 'permit "poll" is wider than its evidence: never seen responder 10.1.0.11',
    at: poll,
  },
  {
    check: "critical-without-cadence",
    change: (plant) => {
      plant.conduits["dmz-cell"].permits.poll.services = ["tcp/503"];
    },
    subject: "dmz-cell.poll",
    message: 'critical permit "poll" has no known cadence',
    at: poll,
  },
  {
    check: "expired",
    change: (plant) => {
      plant.conduits["dmz-cell"].permits.poll.expires = "2026-06-30";
    },
    subject: "dmz-cell.poll",
    message: 'permit "poll" expired on 2026-06-30',
    at: poll,
  },
  {
    check: "expires-soon",
    change: (plant) => {
      plant.exceptions = {
        "old-plc": {
          asset: "cell.plc",
          reason: "It cannot be patched.",
          owner: "eva",
          expires: "2026-07-31",
          controls: ["Locked cabinet."],
        },
      };
    },
    subject: "old-plc",
    message: 'exception "old-plc" expires on 2026-07-31, in 30 days',
    at: ["exceptions", "old-plc"],
  },
  {
    check: "assertion-fails",
    change: (plant) => {
      const asserted = { from: ["dmz"], to: ["c*"], services: ["modbus"] };
      plant.assertions = { "no-modbus": { deny: asserted, reason: "The gateway speaks for the cell." } };
    },
    subject: "no-modbus",
    message: 'assertion "no-modbus" denies some of what permit "dmz-cell.poll" admits',
    at: ["assertions", "no-modbus"],
  },
  {
    check: "unused-definition",
    change: (plant) => {
      plant.services = { recipes: ["tcp/9100"] };
    },
    subject: "recipes",
    message: 'nothing uses "recipes"',
    at: ["services", "  recipes"],
  },
  {
    check: "half-a-pair",
    change: ({ firewalls }) => {
      firewalls.fw2 = { ...firewalls.fw1, "high-availability": { peer: "fw1", role: "standby" } };
      firewalls.fw1["high-availability"] = { peer: "fw2", role: "primary" };
    },
    subject: "dmz-cell",
    message: 'conduit "dmz-cell" names "fw1" and not "fw2", which is a pair with it',
    at: ["conduits", "dmz-cell"],
  },
  {
    check: "unused-firewall",
    change: (plant) => {
      plant.firewalls.fw2 = { ...plant.firewalls.fw1, address: "10.2.0.2" };
    },
    subject: "fw2",
    message: 'no conduit crosses firewall "fw2"',
    at: ["firewalls", "fw2"],
  },
  {
    check: "no-management-path",
    change: (plant) => {
      delete plant.firewalls.fw1.management;
    },
    subject: "fw1",
    message: 'firewall "fw1" names no management addresses',
    at: ["firewalls", "fw1"],
  },
  {
    check: "lock-out-risk",
    change: (plant) => {
      plant.firewalls.fw2 = { ...plant.firewalls.fw1, address: "10.1.0.2" };
      plant.zones.it = { ...it, level: 3 };
      plant.conduits["it-cell"] = {
        ...plant.conduits["dmz-cell"],
        zones: ["it", "cell"],
        firewalls: ["fw2"],
        permits: { poll: { ...plant.conduits["dmz-cell"].permits.poll, initiators: ["it"] } },
      };
    },
    subject: "fw2",
    message: 'conduit "dmz-cell" on "fw1" does not permit SSH from 10.2.0.99 to "fw2"',
    at: ["firewalls", "fw2"],
  },
  {
    check: "shared-account",
    change: (plant) => {
      plant.people.eva.name = "Operator 2";
      plant.people.eva.name = "Shift Team";
    },
    subject: "eva",
    message: '"eva" (Shift Team) is an account that several people share',
    at: ["people", "eva"],
  },
  {
    check: "placeholder-key",
    change: (plant) => {
      plant.firewalls.fw1.ssh["host-keys"] = [placeholderKey(3, "fw1")];
    },
    subject: "fw1",
    message: 'a key of "fw1" is a placeholder',
    at: ["firewalls", "fw1"],
  },
  {
    check: "no-independent-approver",
    change: (plant) => {
      plant.approvals = {
        monitor: { count: 1, roles: ["approver"] },
        enforce: { count: 3, roles: ["approver"] },
      };
    },
    subject: "eva",
    message:
      'nobody, or too few, can approve a plan of "eva" (enforce: 3 needed, 2 may sign; broaden: 3 needed, 2 may sign)',
    at: ["people", "eva"],
  },
  {
    check: "access-review-due",
    change: (plant) => {
      plant.people.eva.reviewed = "2025-06-30";
    },
    subject: "eva",
    message: 'the access of "eva" was last reviewed on 2025-06-30',
    at: ["people", "eva"],
  },
  {
    check: "window-too-short",
    change: (plant) => {
      plant.windows.night.to = "02:15";
    },
    subject: "night",
    message: 'window "night" leaves 5m for a trial, and the soak of a trial needs 10m',
    at: ["windows", "night"],
  },
];

describe("the checks", () => {
  test("find nothing in a plant that is as it should be", () => {
    expect(checked(changed(() => undefined)).diagnostics).toEqual([]);
  });

  test.each(cases)(
    "$check finds what it is about, at its place",
    ({ check, change, subject, message, at }) => {
      const text = changed(change);
      const found = checked(text).diagnostics.filter(({ code }) => code === `check/${check}`);
      const [first] = found.map((finding) => ({
        subject: finding.subject,
        message: finding.message,
        place: `${finding.span?.line}:${finding.span?.column}`,
      }));
      const place = placeOf(text, ...at.slice(0, -1), at.at(-1)!.trimStart());
      expect(first).toEqual({ subject, message, place });
    },
  );

  test("each has a case here, an id that is a name, and says what to do", () => {
    expect(checks.map(({ id }) => id).toSorted()).toEqual(cases.map(({ check }) => check).toSorted());
    for (const { id, about, fix, clause } of checks) {
      expect(id).toMatch(/^[a-z][a-z0-9-]{0,30}$/);
      expect([about, fix, clause].every((text) => text.length > 10)).toBe(true);
    }
  });
});

describe("a finding that somebody accepted", () => {
  const silence = (check: string, at: string) =>
    changed((plant) => {
      plant.zones.dmz.level = 4;
      plant.silences = [{ check, at, reason: "Accepted until the DMZ is built." }];
    });

  test("is set apart with its reason", () => {
    const { diagnostics, silenced } = checked(silence("level-skipped", "dmz-cell"));
    expect(diagnostics).toEqual([]);
    expect(silenced.map(({ diagnostic, reason }) => [diagnostic.code, reason])).toEqual([
      ["check/level-skipped", "Accepted until the DMZ is built."],
    ]);
  });

  test("hides no other finding, and is itself found when it hides nothing", () => {
    const codes = checked(silence("level-skipped", "dmz-cel")).diagnostics.map(({ code, message }) => [
      code,
      message,
    ]);
    expect(codes).toEqual([
      ["check/level-skipped", 'conduit "dmz-cell" joins level 4 ("dmz") with level 1 ("cell")'],
      ["check/unused-silence", '"level-skipped" finds nothing about "dmz-cel"'],
    ]);
  });

  test("cannot be an error", () => {
    const errors = checked(silence("expired", "dmz-cell")).diagnostics.filter(
      ({ severity }) => severity === "error",
    );
    expect(errors.map(({ code, message }) => [code, message])).toEqual([
      ["site/silenced-error", 'findings of "expired" are errors and cannot be silenced'],
    ]);
  });

  test("names a check that exists", () => {
    const errors = checked(silence("level-skiped", "dmz-cell")).diagnostics.filter(
      ({ severity }) => severity === "error",
    );
    expect(errors.map(({ code, message, fix }) => [code, message, fix])).toEqual([
      ["site/unknown-check", 'there is no check "level-skiped"', 'did you mean "level-skipped"?'],
    ]);
  });
});

describe("a bridge", () => {
  const findings = (change: (plant: Record<string, Record<string, never>>) => void): readonly string[] =>
    checked(
      changed((plant) => {
        oneLink(plant);
        plant.firewalls.fw1.transparent = true;
        change(plant);
      }),
    )
      .diagnostics.map(({ code }) => code)
      .filter((code) => code === "check/neighbours-cut");
  const both = (services: readonly string[]) => ({ reason: "They find each other.", services });

  test("cuts no neighbours where both ends may ask and answer, on a router, or without IPv6", () => {
    expect(findings(() => undefined)).toHaveLength(1);
    expect(
      // biome-ignore lint/suspicious/noExplicitAny: a change may put anything anywhere
      findings(({ conduits }: any) => {
        const services = ["icmpv6/135", "icmpv6/136"];
        const { permits } = conduits["dmz-cell"];
        permits.ask = { ...both(services), initiators: ["dmz"], responders: ["cell"] };
        permits.answer = { ...both(services), initiators: ["cell"], responders: ["dmz"] };
      }),
    ).toEqual([]);
    // biome-ignore lint/suspicious/noExplicitAny: a change may put anything anywhere
    expect(findings(({ firewalls }: any) => delete firewalls.fw1.transparent)).toEqual([]);
    expect(
      // biome-ignore lint/suspicious/noExplicitAny: a change may put anything anywhere
      findings(({ zones }: any) => {
        zones.cell.assets.plc.addresses.pop();
        zones.dmz.assets.historian.addresses.pop();
      }),
    ).toEqual([]);
    expect(
      // biome-ignore lint/suspicious/noExplicitAny: a change may put anything anywhere
      findings(({ zones: { dmz } }: any) => {
        dmz.networks[1] = "fd00:2::/64";
        dmz.assets.historian.addresses[1] = "fd00:2::10";
      }),
    ).toEqual([]);
  });
});

describe("assertions", () => {
  test("that accept hold only when permits admit the whole of their sets", () => {
    const assert = (services: readonly string[]) =>
      checked(
        changed((plant) => {
          const asserted = { from: ["historian"], to: ["plc"], services };
          plant.assertions = { polled: { accept: asserted, reason: "The line stops without it." } };
        }),
      ).diagnostics.map(({ message }) => message);
    expect(assert(["tcp/502"])).toEqual([]);
    expect(assert(["tcp/502-503"])).toEqual([
      'assertion "polled" does not hold: no permit admits tcp:503 10.2.0.10 -> 10.1.0.10',
    ]);
  });
});

describe("evidence", () => {
  test("with flows that the permit does not admit is not taken for its cadence", () => {
    const other = [{ ...observed[0]!, responder: "10.1.0.11" }];
    const { diagnostics } = checked(
      changed(() => undefined),
      { evidence: new Map([["baseline/week.json", other]]) },
    );
    expect(diagnostics.map(({ message }) => message)).toEqual([
      'nothing that permit "poll" admits is in its evidence',
      'critical permit "poll" has no known cadence',
    ]);
  });
});
