import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { signalIfThere } from "../../src/lab/enter.ts";
import { plcs, sessions } from "../../src/lab/plant.ts";
import { isGood, monotonicSeconds } from "../../src/lab/poll-log.ts";
import { atTerminal, keys, missingForTerminal } from "../support/terminal.ts";
import { finish, type Lab, labMissing, needingLab, sluice, startTestLab } from "./lab-fixture.ts";

describe.skipIf(labMissing)(needingLab("the plant of a lab"), { timeout: 60_000 }, () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await startTestLab();
  }, 60_000);
  afterAll(() => lab.down());

  const session = "historian-plc1";

  test("a command runs on the named host, with the caller's input and exit code", async () => {
    expect((await lab.on("plc2", "hostname; exit 7")).stdout).toBe("plc2\n");
    expect((await lab.on("plc2", "hostname; exit 7")).code).toBe(7);
    const cat = sluice("lab", "exec", "--dir", lab.folder.root, "--", "cat");
    expect((await finish(cat, { input: "through" })).stdout).toBe("through");
  });

  test.skipIf(missingForTerminal)(
    `Ctrl-C at a command is the command's own: who runs it waits until it has ended${missingForTerminal ? ` (needs ${missingForTerminal})` : ""}`,
    async () => {
      const orderly = 'trap "echo heard; sleep 1; echo in order; exit 3" INT; echo ready; read -r nothing';
      const terminal = atTerminal(
        sluice("lab", "exec", "--dir", lab.folder.root, "--", "sh", "-c", orderly),
        lab.folder.root,
      );
      await terminal.until(/ready/);
      terminal.type(keys.ctrlC);
      expect(await terminal.ended).toBe(3);
      expect(terminal.said()).toContain("in order");
    },
  );

  test("the engineer's laptop has sluice, an identity and the site folder at hand", async () => {
    expect(await lab.engineer("pwd")).toBe(`${lab.folder.site}\n`);
    expect(await lab.engineer("sluice --version")).toMatch(/^\d+\.\d+\.\d+/);
    expect(await lab.engineer('head -c 10 "$SLUICE_IDENTITY"')).toBe("-----BEGIN");
  });

  test("a host that the lab does not have is named, with those that it has", async () => {
    const { code, stderr } = await finish(sluice("lab", "fault", "--dir", lab.folder.root, "freeze", "plc9"));
    expect(code).toBe(64);
    expect(stderr).toContain("freeze needs a host of the lab: sluice lab fault freeze plc1");
  });

  test("the firewall has rules of its own and none of ours, and is the way to the other zones in both families", async () => {
    const rules = await lab.on("fw1", "nft list ruleset");
    expect(rules.stdout).toContain("table inet host");
    expect(rules.stdout).not.toContain("sluice");
    const hops = await lab.on("historian", "ip route get 10.10.1.10; ip -6 route get fd00:10::11");
    expect(hops.stdout).toContain("via 10.20.1.1");
    expect(hops.stdout).toContain("via fd00:20::1");
  });

  test("real Modbus answers cross the firewall, and every poll is counted", async () => {
    const [before, began] = [lab.polls(session).length, monotonicSeconds()];
    await expect.poll(() => lab.polls(session).length - before, { timeout: 20_000 }).toBeGreaterThan(7);
    const polls = lab.polls(session);
    // A slot is 200 ms; a busy machine may shift one or two, or leave some out.
    expect(polls.length - before).toBeLessThanOrEqual((monotonicSeconds() - began) / 0.2 + 2);
    expect(polls.map(({ n }) => n)).toEqual(polls.map((_poll, index) => index));
    expect(polls.filter((poll) => !isGood(poll))).toEqual([]);
  });

  test("polls that get no answer are counted as missed, and the session is the same afterwards", async () => {
    const connections = async (): Promise<string> =>
      (await lab.on("historian", "cat /proc/net/tcp | grep -c :01F6")).stdout;
    const [before, open] = [lab.polls(session).length, await connections()];
    const began = monotonicSeconds();
    await lab.fault("freeze", "plc1");
    await sleep(3500);
    await lab.fault("thaw", "plc1");
    await expect.poll(() => lab.polls(session).at(-1)?.result, { timeout: 20_000 }).toBe("ok");
    const seconds = monotonicSeconds() - began;
    const missed = lab
      .polls(session)
      .slice(before)
      .filter(({ result }) => result === "missed");
    expect(missed.length).toBeGreaterThanOrEqual(2);
    // Each is given up after a second.
    expect(missed.length).toBeLessThanOrEqual(seconds);
    expect(await connections()).toBe(open);
  });

  test("a session that was cut off and opened again is counted, never hidden", async () => {
    const before = lab.polls("historian-plc2").length;
    const reset = "ss --kill --tcp dst 10.10.1.11 >/dev/null";
    expect((await lab.on("historian", reset)).code).toBe(0);
    await expect
      .poll(() =>
        lab
          .polls("historian-plc2")
          .slice(before)
          .some(({ result }) => result === "reopened"),
      )
      .toBe(true);
    await expect.poll(() => lab.polls("historian-plc2").at(-1)?.result).toBe("ok");
  });

  test("a recording holds every session, in both families", async () => {
    const file = join(lab.folder.root, "span.pcap");
    const record = await finish(
      sluice("lab", "record", "--dir", lab.folder.root, "--seconds", "2", "-o", file),
    );
    expect(record.code).toBe(0);
    const { stdout } = await finish(["tcpdump", "-nn", "-r", file, "tcp dst port 502"]);
    for (const { client, address } of sessions) {
      expect(stdout).toContain(`> ${address}.502: Flags [P.]`);
      expect(client).not.toBe("");
    }
    expect(stdout).toContain("IP6 fd00:20::5.");
  });

  test("a cut link is silent: the session hears nothing, and goes on when it is mended", async () => {
    // Says something to the firewall's sshd when it is told to, and prints what it hears.
    const script = `
      const socket = require("node:net").connect(22, "192.0.2.1");
      socket.on("data", (data) => console.log(String(data).startsWith("SSH-") ? "banner" : "answer"));
      for (const event of ["error", "end", "close"]) socket.on(event, () => console.log(event));
      process.stdin.on("data", () => socket.write("SSH-2.0-probe\\r\\n")).on("end", () => process.exit());`;
    const [command, ...words] = sluice(
      ...["lab", "exec", "--dir", lab.folder.root, "--", process.execPath, "-e", script],
    );
    const child = spawn(command!, words, { stdio: ["pipe", "pipe", "inherit"] });
    let heard = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      heard += text;
    });
    await expect.poll(() => heard, { timeout: 20_000 }).toBe("banner\n");
    await lab.order({ do: "cut-link" });
    child.stdin.write("go\n");
    await sleep(2500);
    expect(heard).toBe("banner\n");
    await lab.order({ do: "mend-link" });
    // TCP asks again ever more seldom (RFC 6298).
    await expect.poll(() => heard, { timeout: 20_000 }).toBe("banner\nanswer\n");
    child.stdin.end();
    await once(child, "close");
  });

  test("a stopped sshd refuses, and a started one lets the engineer in", async () => {
    const ssh =
      "ssh -o BatchMode=yes -o ConnectTimeout=3 -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -i ../keys/eva root@192.0.2.1 hostname";
    await lab.fault("stop-sshd");
    await expect
      .poll(async () => (await lab.on("laptop", ssh)).stderr, { timeout: 5000 })
      .toContain("Connection refused");
    await lab.fault("start-sshd");
    await expect.poll(async () => (await lab.on("laptop", ssh)).stdout, { timeout: 5000 }).toBe("fw1\n");
  });

  test("a reboot of the firewall loses what runs and keeps what its boot file loads", async () => {
    const file = "/etc/nftables.d/kept.nft";
    await lab.on("fw1", `nft add table inet lost; echo 'table inet kept {}' > ${file}`);
    await lab.fault("reboot");
    const { stdout } = await lab.on("fw1", `nft list tables; rm ${file}`);
    expect(stdout).toContain("table inet host");
    expect(stdout).toContain("table inet kept");
    expect(stdout).not.toContain("table inet lost");
    await expect.poll(() => lab.polls(session).at(-1)?.result, { timeout: 10_000 }).toBe("ok");
  });
});

test("a signal for a process that has just gone is nobody's", () => {
  const { pid } = spawnSync("true");
  expect(() => signalIfThere(pid, "SIGTERM")).not.toThrow();
});

describe("the site file of the lab plant", () => {
  const file = join(import.meta.dirname, "..", "..", "rulesets", "lab-plant", "site.yaml");
  const site = parse(readFileSync(file, "utf8")) as {
    readonly zones: Readonly<
      Record<string, { readonly assets: Readonly<Record<string, { readonly addresses: readonly string[] }>> }>
    >;
    readonly conduits: Readonly<
      Record<string, { readonly denied?: Readonly<Record<string, { readonly reason: string }>> }>
    >;
  };
  const assets = new Map(Object.values(site.zones).flatMap((zone) => Object.entries(zone.assets)));

  test("has the addresses of the hosts that run", () => {
    for (const plc of plcs) expect(assets.get(plc.name)?.addresses).toEqual(plc.links[0]?.addresses);
    for (const { client, plc, address } of sessions) {
      expect(assets.has(client)).toBe(true);
      expect(assets.get(plc)?.addresses).toContain(address);
    }
  });

  test("denies the forbidden session for the reason that the plant knows", () => {
    const reasons = Object.values(site.conduits).flatMap(({ denied }) =>
      Object.values(denied ?? {}).map(({ reason }) => reason),
    );
    expect(reasons).toEqual(sessions.flatMap(({ forbidden }) => forbidden ?? []));
  });
});
