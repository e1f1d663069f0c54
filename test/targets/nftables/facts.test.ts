import { describe, expect, test } from "vitest";
import type { CommandResult, Session } from "../../../src/session.ts";
import { executorScript } from "../../../targets/linux-guard/scripts.ts";
import { conntrackSettings } from "../../../targets/linux-readings.ts";
import { createDriver } from "../../../targets/nftables/driver.ts";

const paths = { bootFile: "/etc/nftables.d/sluice.nft", bootEntry: "/etc/nftables.conf" };

/** A host that answers each command, by its first words, with this text; a `!` in front makes it fail. */
const answering = (answers: Readonly<Record<string, string>>): Session => ({
  run: async (argv): Promise<CommandResult> => {
    const line = argv.join(" ");
    const answer = Object.entries(answers).find(([words]) => line.startsWith(words))?.[1] ?? "";
    return answer.startsWith("!")
      ? { code: 1, stdout: "", stderr: answer.slice(1) }
      : { code: 0, stdout: answer, stderr: "" };
  },
  close: async () => undefined,
});
const healthy = {
  "uname -r": "6.1.0-18-amd64\n",
  "nft --version": "nftables v1.0.6 (Lester Gooch #5)\n",
  "nft list ruleset": "",
  [`sh -c ${executorScript}`]: "process\n",
  "sh -c": "table inet sluice {\n}\n",
};
const obstacles = async (answers: Readonly<Record<string, string>>): Promise<readonly string[]> =>
  (await createDriver(answering({ ...healthy, ...answers }), paths).facts()).obstacles;

test("a healthy host has no obstacle, and its kernel and version are told", async () => {
  expect(await createDriver(answering(healthy), paths).facts()).toEqual({
    kernel: "6.1.0-18-amd64",
    version: "1.0.6",
    deadMen: ["kernel", "process"],
    cautions: [],
    obstacles: [],
  });
});

test.each([
  ["no nft", { "nft --version": "!sh: nft: not found" }, "install the package nftables"],
  [
    "an old nft",
    { "nft --version": "nftables v0.9.8 (E.D.S.)\n" },
    "nft 0.9.8 is too old: install 1.0.6 or newer",
  ],
  ["no privilege", { "nft list ruleset": "!Operation not permitted" }, "log in as root"],
  [
    "no namespaces",
    { unshare: "!unshare: Operation not permitted" },
    "install util-linux and log in as root",
  ],
  ["no boot folder", { "test -d /etc": "!" }, "mkdir -p /etc/nftables.d"],
  ["no boot entry", { "test -r": "!" }, "name the right file as boot-entry"],
  [
    "a broken boot entry",
    { "sh -c": "!/etc/nftables.conf:3: syntax error" },
    "does not load: /etc/nftables.conf:3",
  ],
  ["no second dead man", { [`sh -c ${executorScript}`]: "\n" }, "install the package util-linux"],
  ["no include", { "sh -c": "table inet other {\n}\n" }, 'add the line  include "/etc/nftables.d/*.nft"'],
  ["a boot service that is off", { systemctl: "disabled\n" }, "systemctl enable nftables.service"],
  [
    "a flowtable",
    {
      "nft list ruleset":
        "table inet other {\n\tflowtable fast {\n\t\thook ingress priority filter\n\t}\n}\n",
    },
    "flowtable fast of table inet other lets packets bypass the filter: remove it",
  ],
])("%s is an obstacle that says how to mend it", async (_name, answers, message) => {
  const found = await obstacles(answers);
  expect(found).toHaveLength(1);
  expect(found[0]).toContain(message);
});

test("all that keeps the rules from being loaded at boot is named at once", async () => {
  const found = await obstacles({ "test -d /etc": "!", "test -r": "!", systemctl: "disabled\n" });
  expect(found).toEqual([
    expect.stringContaining(
      'mkdir -p /etc/nftables.d, and have /etc/nftables.conf load it, by the line  include "',
    ),
    expect.stringContaining("name the right file as boot-entry"),
    expect.stringContaining("systemctl enable nftables.service"),
  ]);
  const off = await obstacles({ "sh -c": "table inet other {\n}\n", systemctl: "disabled\n" });
  expect(off).toEqual([
    expect.stringContaining("add the line  include"),
    expect.stringContaining("systemctl enable nftables.service"),
  ]);
});

describe("a firewall that is a bridge", () => {
  const settings = "cat /proc/sys/net/bridge/bridge-nf-call-iptables";
  const onBridge = async (answer: string): Promise<readonly string[]> => {
    const session = answering({ ...healthy, [settings]: answer });
    return (await createDriver(session, { ...paths, transparent: true }).facts()).obstacles;
  };

  test("has no obstacle where its packets meet the rules, tagged ones too", async () => {
    expect(await onBridge("1\n1\n1\n")).toEqual([]);
  });

  test.each([
    ["!cat: No such file or directory", "modprobe br_netfilter"],
    ["0\n1\n1\n", "net.bridge.bridge-nf-call-iptables is off"],
    ["1\n0\n1\n", "net.bridge.bridge-nf-call-ip6tables is off"],
    ["1\n1\n0\n", "net.bridge.bridge-nf-filter-vlan-tagged is off"],
  ])("with settings %j is told how to mend it", async (answer, message) => {
    const found = await onBridge(answer);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(message);
  });

  test("is asked about its bridge only where the site file says that it is one", async () => {
    expect(await obstacles({ [settings]: "!no such file" })).toEqual([]);
  });
});

describe("a member of a high-availability pair", () => {
  const conntrack = async (answer: string, paired?: true): Promise<readonly string[]> => {
    const session = answering({ [`sh -c ${conntrackSettings}`]: answer, ...healthy });
    return (await createDriver(session, { ...paths, ...(paired && { paired }) }).facts()).obstacles;
  };
  const strict = "nf_conntrack_tcp_loose 1\nnf_conntrack_tcp_be_liberal 0\n";

  test.each([
    ["windows are not checked", "nf_conntrack_tcp_be_liberal 1\n"],
    ["sessions are shared", `${strict}conntrackd runs\n`],
  ])("has no obstacle where %s", async (_name, answer) => {
    expect(await conntrack(answer, true)).toEqual([]);
  });

  test.each([strict, "", "!no shell"])(
    "that would cut sessions which come back, or does not say (%j), is told both ways to mend it",
    async (answer) => {
      expect(await conntrack(answer, true)).toEqual([
        expect.stringMatching(
          /be_liberal is off and conntrackd .*: sysctl -w net\.netfilter\.nf_conntrack_tcp_be_liberal=1, .* or run conntrackd/,
        ),
      ]);
    },
  );

  test("is asked for it only where the site file says that it is one", async () => {
    expect(await conntrack(strict)).toEqual([]);
  });
});

test("a boot service that is off matters only where an init system starts services", async () => {
  expect(await obstacles({ systemctl: "disabled\n", "test -d /run/systemd": "!" })).toEqual([]);
});

test.each(["1.0.6", "1.0.9", "1.1.3", "2.0.0"])("nft %s is new enough", async (version) => {
  expect(await obstacles({ "nft --version": `nftables v${version} (x)` })).toEqual([]);
});
