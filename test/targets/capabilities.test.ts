import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { Conduit } from "../../src/policy/model.ts";
import { compileConduit } from "../../src/verify/compile.ts";
import { capabilityTable } from "../../targets/capability-table.ts";
import { targets } from "../../targets/index.ts";
import { type Flows, policy, tcp, unlimited } from "../support/policies.ts";

const compile = (drawn: ReturnType<typeof policy>, target: string) =>
  compileConduit({
    ...drawn,
    ...{ firewall: "fw1", stage: "enforce", baseline: undefined, budget: unlimited },
    target: targets.get(target)!,
  });
const poll: Flows = { from: ["10.0.1.2"], to: ["10.0.2.3"], services: [tcp(502)] };

test("the table in targets/README.md is the one that the data makes", () => {
  const readme = readFileSync(new URL("../../targets/README.md", import.meta.url), "utf8");
  expect(readme).toContain(capabilityTable(targets.values()));
});

test("a firewall that cannot match a port is refused by name before anything is written, and others are not", () => {
  const sctp = policy([{ ...poll, services: [{ kind: "ports", protocol: 132, from: 2905, to: 2905 }] }]);
  const { ruleset, diagnostics } = compile(sctp, "pfsense");
  expect(ruleset).toBeUndefined();
  expect(diagnostics).toHaveLength(1);
  expect(diagnostics[0]).toMatchObject({
    code: "compile/missing-capability",
    message: 'permit "permit-0" asks for sctp:2905; firewall "fw1" is pfsense, which cannot match this port',
    span: { line: 2 },
    fix: "permit every port, as sctp/0-65535, or lead the conduit over another kind of firewall",
  });
  for (const target of ["nftables", "iptables"]) expect(compile(sctp, target).ruleset).toBeDefined();
});

test("every port of any protocol can be permitted everywhere, and what pfSense writes without a port is written otherwise", () => {
  const ports = (protocol: number, from: number, to: number) =>
    compile(policy([{ ...poll, services: [{ kind: "ports", protocol, from, to }] }]), "pfsense").ruleset
      ?.text;
  expect(ports(132, 0, 65_535)).toMatch(/ proto 132 from 10\.0\.1\.2 to 10\.0\.2\.3 tag /);
  expect(ports(6, 0, 65_535)).toMatch(/ proto tcp from 10\.0\.1\.2 to 10\.0\.2\.3 flags any tag /);
  expect(ports(6, 1, 65_535)).toMatch(/ port 1:65534 [\s\S]* port 65535 /);
  for (const [from, to] of [
    [0, 0],
    [0, 80],
  ] as const)
    expect(ports(6, from, to)).toBeUndefined();
});

test("what is to become of open sessions is refused where the firewall cannot do it, and says what it can", () => {
  const wanting = (sessions: NonNullable<Conduit["sessions"]>, target: string) => {
    const { site, conduit } = policy([poll]);
    return compile({ site, conduit: { ...conduit, sessions } }, target);
  };
  const drain = { mode: "drain", seconds: 3600 } as const;
  expect(wanting(drain, "nftables").ruleset?.text).toContain("_drain accept");
  expect(wanting(drain, "nftables").ruleset?.certificate.outside.join()).toContain(
    "their packets pass for 1h",
  );
  expect(wanting(drain, "iptables").ruleset?.text).toMatch(/--name SLUICE-DRAIN-\S+ .*-j RETURN/);
  expect(wanting(drain, "pfsense").ruleset).toBeUndefined();
  expect(wanting(drain, "pfsense").diagnostics).toMatchObject([{ code: "compile/missing-capability" }]);
  expect(wanting({ mode: "rematch" }, "pfsense").diagnostics[0]).toMatchObject({
    message: expect.stringContaining("wants to rematch the sessions that are open"),
    fix: expect.stringContaining('"sessions: cut"'),
  });
  expect(wanting({ mode: "cut" }, "pfsense").ruleset).toBeDefined();
});

/** The policy's one conduit and another one over the same firewall, under these ids. */
function twoConduits(first: string, second: string): ReturnType<typeof policy> {
  const { site, conduit } = policy([poll]);
  const one = { ...conduit, id: first as Conduit["id"] };
  const other = { ...conduit, id: second as Conduit["id"], span: { ...conduit.span, line: 50 } };
  return { site: { ...site, conduits: [one, other] }, conduit: one };
}

// Found by trying: both shorten to the same chain names of iptables.
const alike = ["cell-transfer-osq", "cell-transfer-1epc"] as const;

test("two conduits of one firewall whose names collide after shortening are refused, both named", () => {
  const { ruleset, diagnostics } = compile(twoConduits(...alike), "iptables");
  expect(ruleset).toBeUndefined();
  expect(diagnostics.map(({ code }) => code)).toEqual(["compile/name-collision"]);
  expect(diagnostics[0]!.related?.[0]).toMatchObject({
    span: { line: 50 },
    message: `conduit "${alike[1]}"`,
  });
  expect(compile(twoConduits(...alike), "nftables").ruleset).toBeDefined();
});

test("conduits of other firewalls may be named as they like", () => {
  const { site, conduit } = twoConduits(...alike);
  const [one, other] = site.conduits;
  const apart = { ...site, conduits: [one!, { ...other!, firewalls: [] }] };
  expect(compile({ site: apart, conduit }, "iptables").ruleset).toBeDefined();
});
