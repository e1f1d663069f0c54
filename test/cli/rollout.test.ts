import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { drillDocument } from "../../src/cli/documents/change.ts";
import { watchDocument } from "../../src/cli/documents/standing.ts";
import { approvalMessage, approvalNamespace } from "../../src/plan/approval.ts";
import { sealPlan, writePlan } from "../../src/plan/plan-file.ts";
import { nftables } from "../../targets/nftables/target.ts";
import { sluice as builtSluice } from "../lab/lab-fixture.ts";
import { type Ended, sluice as runSluice } from "../support/command.ts";
import { type FirewallHost, missingForFirewall, startFirewallHost } from "../support/firewall-host.ts";
import { localSession } from "../support/local-session.ts";
import { pollPermit } from "../support/poll-permit.ts";
import { makeKey, missingForSshd, type Sshd, startSshdOf } from "../support/sshd.ts";
import { atTerminal, keys, missingForTerminal, type Terminal } from "../support/terminal.ts";

const missing = missingForFirewall ?? missingForSshd;
const withoutName = ({ schema: _, version: __, ...fields }: Record<string, unknown>) => fields;
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe.skipIf(missing)(`the commands of a rollout${missing ? ` (skipped: needs ${missing})` : ""}`, () => {
  let host: FirewallHost;
  let sshd: Sshd;
  let folder: string;
  beforeAll(async () => {
    host = startFirewallHost();
    sshd = await startSshdOf(host);
    folder = mkdtempSync(join(tmpdir(), "sluice-site-"));
    mkdirSync(join(folder, "baseline"));
    cpSync(sshd.identity, join(folder, "eva"));
    cpSync(`${sshd.identity}.pub`, join(folder, "eva.pub"));
    makeKey(join(folder, "olaf"));
    makeKey(join(folder, "stranger"));
    makeKey(join(folder, "anna"));
    writeFileSync(join(folder, "baseline/seen.json"), JSON.stringify(baseline));
    writeSite();
  });
  afterAll(() => {
    sshd.stop();
    host.stop();
    rmSync(folder, { recursive: true });
  });

  const publicKey = (name: string): string => readFileSync(join(folder, `${name}.pub`), "utf8").trim();
  const writeSite = (
    over: {
      readonly port?: number;
      readonly hostKey?: string;
      readonly exercise?: string;
      readonly sudo?: boolean;
    } = {},
  ): void =>
    writeFileSync(
      join(folder, "site.yaml"),
      `sluice: 1
site: { name: Test, timezone: UTC }
people:
  eva: { name: Eva, roles: [engineer, operator], keys: ["${publicKey("eva")}"] }
  olaf: { name: Olaf, roles: [approver], keys: ["${publicKey("olaf")}"] }
  anna: { name: Anna, roles: [auditor], keys: ["${publicKey("anna")}"] }
zones:
  dmz: { level: 3, sl-target: 2, networks: [10.20.1.0/24], assets: { visitor: { addresses: [10.20.1.66] } } }
  cell1: { level: 1, sl-target: 2, networks: [10.10.1.0/24] }
conduits:
  dmz-cell1:
    zones: [dmz, cell1]
    firewalls: [fw1]${over.exercise ? `\n    exercise: ${over.exercise}` : ""}
${pollPermit}
    denied:
      visitors: { initiators: [visitor], responders: [10.10.1.10], services: [modbus], reason: Nobody approved it. }
firewalls:
  fw1:
    target: nftables
    address: 127.0.0.1
    ssh: { user: root, port: ${over.port ?? sshd.port}, host-keys: ["${over.hostKey ?? sshd.hostKey}"]${over.sudo ? ", sudo: true" : ""} }
    boot-file: ${host.paths.bootFile}
    boot-entry: ${host.paths.bootEntry}
approvals:
  monitor: { count: 1, roles: [approver] }
  enforce: { count: 1, roles: [approver] }
criteria:
  dropped: { type: flow-dropped, interval: 1s }
trial: { lease: 10s, renew-every: 1s, soak: 2s, maximum: 1m, reserve: 1s }
`,
    );
  const sluice = (line: string, who = "eva"): Promise<Ended> => {
    const identity = /^(journal|plan show)/.test(line) ? [] : ["--identity", join(folder, who)];
    return runSluice(folder, [...line.split(" "), ...identity], undefined, () => new Date());
  };
  const listing = (): string => host.run("nft -s list ruleset");
  /** Plans and approves a step. */
  const ready = async (to: string, file: string): Promise<void> => {
    const accepted = to === "enforce" ? " --accept coverage=Minutes" : "";
    const planned = await sluice(`plan dmz-cell1 --to ${to} -o ${file}${accepted} --json`);
    expect(planned).toMatchObject({ code: 0 });
    expect(await sluice(`approve ${file} --json`, "olaf")).toMatchObject({ code: 0 });
  };

  test("a conduit goes to monitor and to enforce, comes back, and the journal tells all of it", async () => {
    expect((await sluice("plan dmz-cell1 --to enforce -o no.plan")).stderr).toContain(
      "take it to monitor first",
    );
    await ready("monitor", "monitor.plan");
    expect(listing()).not.toContain("sluice");
    expect((await sluice("apply monitor.plan --confirm-after-soak --json")).code).toBe(0);

    // As the kernel records them.
    host.run(
      "nft add element inet sluice c_dmz_cell1_recordports4 " +
        "'{ 10.20.1.66 . 10.10.1.10 . 6 . 502 counter packets 9 bytes 540, 10.20.1.77 . 10.10.1.10 . 6 . 22 counter packets 3 bytes 180 }'",
    );
    expect((await sluice("status")).stdout).toMatch(
      /dmz-cell1: monitor for [\d.]+ s, since [\s\S]*2 flows, 1 not decided\n +10.20.1.77 -> 10.10.1.10 tcp 22: 3 packets, NOT DECIDED\n +visitor -> 10.10.1.10 tcp 502: 9 packets, denied on purpose: visitors\n/,
    );
    expect((await sluice("plan dmz-cell1 --to enforce -o surprised.plan")).stderr).toMatch(
      /the baseline of dmz-cell1 is not ready: .*limited by [\s\S]*monitor recorded 10.20.1.77 -> 10.10.1.10 tcp 22 .*write it under "denied" of dmz-cell1/,
    );
    // Unless it is accepted by its name, with a reason, in what the approvers sign.
    const named = "10.20.1.77 -> 10.10.1.10 tcp 22";
    const accepting = ["--accept", "coverage=Minutes", "--accept", `${named}=The vendor left.`];
    const words = "plan dmz-cell1 --to enforce -o accepted.plan --identity".split(" ");
    const accepted = await runSluice(
      folder,
      [...words, join(folder, "eva"), ...accepting],
      undefined,
      () => new Date(),
    );
    expect(accepted.stdout).toMatch(/baseline: NOT READY/);
    expect(accepted.stdout).toContain(`ACCEPTED: ${named} (eva: The vendor left.)`);
    expect(JSON.parse(readFileSync(join(folder, "accepted.plan"), "utf8"))).toMatchObject({
      acceptances: [
        { subject: "coverage", reason: "Minutes" },
        { subject: "recorded", text: named },
      ],
      record: [{ decision: { kind: "denial" } }, { text: named, decision: { kind: "accepted", by: "eva" } }],
    });
    expect((await sluice("plan dmz-cell1 --to enforce -o x.plan --accept nothing=Why")).stderr).toContain(
      "of the name",
    );
    expect((await sluice("observe --from fw1 -o baseline/fw1.json")).code).toBe(0);
    expect((await sluice("observe --from fw1 -o baseline/fw1.json --every 1s --for 1s")).stdout).toMatch(
      /10.20.1.77 +10.10.1.10/,
    );
    const collected = JSON.parse(readFileSync(join(folder, "baseline/fw1.json"), "utf8"));
    expect(collected.flows).toEqual([
      expect.objectContaining({ initiator: "10.20.1.66", port: 502, packets: 9 }),
      expect.objectContaining({ initiator: "10.20.1.77", port: 22, packets: 3 }),
    ]);
    expect(collected.sources).toHaveLength(1);
    expect(collected.collections[0].readings).toHaveLength(3);
    expect((await sluice("observe --from nobody")).stderr).toContain('no firewall "nobody"');
    host.run(
      "nft delete element inet sluice c_dmz_cell1_recordports4 '{ 10.20.1.77 . 10.10.1.10 . 6 . 22 }'",
    );
    await ready("enforce", "enforce.plan");
    expect((await sluice("plan show enforce.plan")).stdout).toMatch(
      /visitor -> 10.10.1.10 tcp 502[\s\S]*denied on purpose: visitors/,
    );
    expect(JSON.parse(readFileSync(join(folder, "enforce.plan"), "utf8")).record).toMatchObject([
      { text: "visitor -> 10.10.1.10 tcp 502", packets: 9, decision: { kind: "denial", by: "visitors" } },
    ]);
    const holding = sluice("apply enforce.plan");
    for (let confirmed = 1; confirmed !== 0; ) {
      await sleep(1_000);
      confirmed = Number((await sluice("confirm enforce.plan --json")).code);
    }
    expect((await holding).code).toBe(0);
    expect(listing()).toContain("goto c_dmz_cell1_enforce");
    expect(host.run(`nft -c -f ${host.paths.bootEntry} && cat ${host.paths.bootFile}`)).toContain(
      "c_dmz_cell1_enforce",
    );
    expect((await sluice("plan dmz-cell1 --to enforce -o none.plan --json")).stderr).toContain(
      "nothing to do",
    );

    const status = JSON.parse((await sluice("status --json")).stdout);
    expect(status.firewalls[0]).toMatchObject({
      live: { conduits: [{ conduit: "dmz-cell1", stage: "enforce" }] },
      knownGoods: { current: 3, numbers: [1, 2, 3] },
    });
    expect(await sluice("drift fw1")).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("known-good 3"),
    });
    host.run("nft flush map inet sluice enforce4");
    const drift = await sluice("drift --json");
    expect(drift.code).toBe(1);
    expect(JSON.parse(drift.stdout).firewalls).toMatchObject([
      {
        firewall: "fw1",
        knownGood: 3,
        live: expect.stringMatching(/-.*c_dmz_cell1_enforce/),
        bootIsLive: false,
      },
    ]);
    expect((await sluice("rollback fw1 --to 7")).stderr).toContain("no known-good 7; it has 1, 2, 3");
    expect((await sluice("rollback fw1 --to 3")).stdout).toContain(
      "known-good 3 is what runs; a reboot loads",
    );
    expect((await sluice("drift --json")).code).toBe(0);
    host.run(`cp ${host.paths.bootFile} ${host.folder}/kept; : > ${host.paths.bootFile}`);
    expect(await sluice("drift")).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/what runs is known-good 3\n.*a reboot would load something else/),
    });
    host.run(`cp ${host.folder}/kept ${host.paths.bootFile}`);

    const looser = JSON.parse((await sluice("plan dmz-cell1 --to monitor -o looser.plan --json")).stdout);
    expect(looser.difference.verdict).toBe("broadened");
    expect(looser.approval.rules.map((rule: { cause: string }) => rule.cause)).toEqual([
      "monitor",
      "broaden",
    ]);

    expect((await sluice("bypass dmz-cell1 --reason fault --for 30m", "olaf")).stderr).toContain(
      "olaf may not bypass: it needs the role",
    );
    expect((await sluice("bypass dmz-cell1 --reason fault --for 30")).stderr).toContain(
      "a duration from 1m to",
    );
    expect((await sluice("bypass dmz-cell1 --reason fault --for 30m --json")).code).toBe(0);
    expect(listing()).toMatch(/timeout 30m .*goto t_dmz_cell1_monitor/);
    expect((await sluice("drift --json")).code).toBe(0);
    expect((await sluice("status")).stdout).toMatch(
      /enforce for .*, ON TRIAL: monitor, ends by itself in 1[78]/,
    );
    expect((await sluice("bypass dmz-cell1 --reason fault --for 30m --json")).stderr).toContain(
      "a trial of dmz-cell1 runs on this firewall",
    );
    expect((await sluice("isolate cell1 --reason worm --for 1h")).stdout).toMatch(
      /fw1: zone cell1 is isolated for 1h, read from the firewall \([\d.]+ s\)/,
    );
    expect(listing()).toMatch(/0.0.0.0-10.10.0.255 . 10.10.1.0\/24 timeout 1h .*goto t_island_cell1_enforce/);
    expect(listing()).not.toContain("t_dmz_cell1");
    expect((await sluice("isolate cell1 --reason over --end --json")).code).toBe(0);
    expect(listing()).not.toContain("goto t_");
    expect((await sluice("isolate cell1 --reason over --end --json")).code).toBe(1);
    expect((await sluice("drift --json")).code).toBe(0);
    expect((await sluice("bypass dmz-cell1 --reason fault --for 30m --json")).code).toBe(0);
    expect((await sluice("abort fw1 --json")).code).toBe(0);
    expect(listing()).not.toContain("goto t_");

    expect((await sluice("rollback fw1")).stdout).toMatch(/known-good 2 is what runs; a reboot loads it too/);
    expect((await sluice("bypass dmz-cell1 --reason fault --for 30m --json")).stderr).toContain(
      "dmz-cell1 is in monitor",
    );
    expect(listing()).toContain("goto c_dmz_cell1_monitor");
    expect((await sluice("rollback fw1")).stdout).toContain("known-good 1 is what runs");
    expect(listing()).not.toContain("sluice");
    expect((await sluice("rollback fw1 --json")).code).toBe(1);
    expect((await sluice("journal verify")).stdout).toMatch(/^journal is whole: \d+ entries/);
    const done = readFileSync(join(folder, "journal.jsonl"), "utf8");
    expect(done.match(/"action":"(bypass|bypassing|isolate|isolation-ended|abort)"/g)).toEqual([
      '"action":"bypassing"',
      '"action":"bypass"',
      '"action":"bypass"',
      '"action":"isolate"',
      '"action":"isolation-ended"',
      '"action":"isolation-ended"',
      '"action":"bypassing"',
      '"action":"bypass"',
      '"action":"abort"',
      '"action":"bypass"',
    ]);
  }, 150_000);

  test("a used plan, an edited plan and an unapproved plan have each their own message, and change nothing", async () => {
    const before = listing();
    const used = await sluice("apply monitor.plan");
    expect(used).toMatchObject({ code: 1, stderr: expect.stringContaining("a plan is used once") });

    await ready("monitor", "second.plan");
    const text = readFileSync(join(folder, "second.plan"), "utf8");
    writeFileSync(join(folder, "edited.plan"), text.replace('"soak": 2', '"soak": 0'));
    const edited = await sluice("apply edited.plan");
    expect(edited).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("was edited after it was made"),
    });

    expect((await sluice("plan dmz-cell1 --to monitor -o alone.plan")).code).toBe(0);
    const alone = await sluice("apply alone.plan");
    expect(alone).toMatchObject({ code: 1, stderr: expect.stringContaining("needs 1 more approval") });
    expect((await sluice("approve alone.plan")).stderr).toContain("nobody approves their own");
    cpSync(join(folder, "second.plan.approvals"), join(folder, "alone.plan.approvals"), { recursive: true });
    expect((await sluice("apply alone.plan")).stderr).toContain("olaf: the signature does not fit the plan");
    expect((await sluice("apply second.plan", "olaf")).stderr).toContain("olaf may not apply plans");
    expect((await sluice("confirm second.plan", "anna")).stderr).toContain(
      "anna may not confirm trials: it needs the role operator or engineer or approver",
    );
    expect((await sluice("apply second.plan", "stranger")).stderr).toContain(
      "belongs to nobody in the site file",
    );
    expect(listing()).toBe(before);
  }, 60_000);

  test("a firewall that changed since the plan is refused with what changed", async () => {
    host.run("nft add table ip plant");
    const refused = await sluice("apply second.plan");
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/other rules on the firewall changed[\s\S]*\+table ip plant/);
    host.run("nft delete table ip plant");
  }, 30_000);

  test("a forged plan is refused, whoever signed it: its approvers are not those of the site file", async () => {
    const { id: _, ...content } = JSON.parse(readFileSync(join(folder, "second.plan"), "utf8"));
    const people = content.people.map((person: { id: string }) =>
      person.id === "olaf" ? { ...person, keys: [publicKey("stranger")] } : person,
    );
    const forged = sealPlan({ ...content, people });
    writeFileSync(join(folder, "forged.plan"), writePlan(forged));
    mkdirSync(join(folder, "forged.plan.approvals"));
    writeFileSync(
      join(folder, "forged.plan.approvals/olaf.sig"),
      execFileSync("ssh-keygen", ["-Y", "sign", "-n", approvalNamespace, "-f", join(folder, "stranger")], {
        input: approvalMessage(forged),
        stdio: ["pipe", "pipe", "ignore"],
      }),
    );
    const before = listing();
    for (const command of ["apply", "confirm"]) {
      const refused = await sluice(`${command} forged.plan`);
      expect(refused).toMatchObject({
        code: 1,
        stderr: expect.stringContaining("(people) is not what stands"),
      });
    }
    const widened = sealPlan({ ...content, approval: { ...content.approval, rules: [] } });
    writeFileSync(join(folder, "forged.plan"), writePlan(widened));
    expect((await sluice("apply forged.plan")).stderr).toContain("(approval) is not what stands");
    expect(listing()).toBe(before);
  });

  test("a site file that changed since the plan is refused with what changed", async () => {
    const file = join(folder, "site.yaml");
    const text = readFileSync(file, "utf8");
    writeFileSync(file, text.replace("responders: [10.10.1.10]", "responders: [10.10.1.11]"));
    const refused = await sluice("apply second.plan");
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/the site file changed[\s\S]*\+ +responders: \[10.10.1.11\]/);
    writeFileSync(file, text);
  });

  test("a drill rehearses every dead man, is journaled, and is what the next plan shows", async () => {
    const drill = await sluice("drill fw1 --json");
    expect(drill.code).toBe(0);
    const { firings } = drillDocument.fields.parse(withoutName(JSON.parse(drill.stdout)));
    expect(firings.map(({ by }) => by)).toEqual(["kernel", "process"]);
    expect(listing()).not.toContain("sluice");
    await ready("monitor", "drilled.plan");
    const shown = (await sluice("plan show drilled.plan")).stdout;
    for (const { seconds } of firings) expect(shown).toContain(`${seconds.toFixed(1)} s`);
    expect(JSON.parse(readFileSync(join(folder, "drilled.plan"), "utf8")).deadMen.firings).toEqual(firings);
    expect((await sluice("journal show")).stdout).toContain("drilled");
  }, 30_000);

  test("a drill in which a dead man does not fire fails, and says which one", async () => {
    host.run("ln -s /bin/false /run/setsid && mount --bind /run/setsid /usr/bin/setsid");
    const { code, stderr } = await sluice("drill fw1");
    host.run("umount /usr/bin/setsid");
    expect(code).toBe(1);
    expect(stderr).toContain("the second dead man does not wait");
  });

  test("an operator's interruption ends the trial and proves it", async () => {
    await ready("monitor", "interrupted.plan");
    const holding = sluice("apply interrupted.plan --json");
    while (!listing().includes("goto t_dmz_cell1_monitor")) await sleep(100);
    const looks = (await sluice("watch fw1 --looks 2 --interval 0.5 --json")).stdout.trimEnd().split("\n");
    expect(looks.map((line) => watchDocument.schema.parse(JSON.parse(line)))).toMatchObject([
      { conduits: [{ conduit: "dmz-cell1", stage: "unmanaged", trial: { stage: "monitor" } }] },
      {
        conduits: [{ packets: { requests: 0 }, criteria: { verdict: "holds" } }],
        guard: { kind: "waits", by: "process" },
      },
    ]);
    expect((await sluice("watch fw1 --looks 1")).stdout).toMatch(
      /fw1 dmz-cell1: unmanaged; ON TRIAL: monitor, lease \d+ s; all criteria hold; no flow recorded\n.*second dead man/,
    );
    process.emit("SIGINT", "SIGINT");
    const end = await holding;
    expect(end.code).toBe(3);
    expect(JSON.parse(end.stdout)).toMatchObject({ state: "verified-back", cause: "ended by Ctrl-C" });
    expect(listing()).not.toContain("sluice");
  }, 30_000);

  test("an abort from another terminal ends the trial too", async () => {
    await ready("monitor", "aborted.plan");
    const holding = sluice("apply aborted.plan");
    while (!listing().includes("goto t_dmz_cell1_monitor")) await sleep(100);
    expect((await sluice("abort fw1 --json")).code).toBe(0);
    expect((await holding).code).toBe(3);
    expect((await sluice("abort fw1")).stdout).toContain("no trial runs");
  }, 30_000);

  describe.skipIf(missingForTerminal)(
    `at a real terminal${missingForTerminal ? ` (skipped: needs ${missingForTerminal})` : ""}`,
    { timeout: 90_000 },
    () => {
      const plan = "typed.plan";
      const apply = (): Terminal =>
        atTerminal(builtSluice("apply", plan, "--identity", join(folder, "eva")), folder);
      const holder = "olaf session-1@2026-01-05T08:00:00Z plan:bbbbbbbbbbbbbbbb";
      beforeAll(async () => {
        writeSite({ exercise: "{ start-pump: { do: Start pump P3., permits: [poll] } }" });
        await ready("monitor", plan);
        const driver = nftables.driver(localSession(host.prefix), host.paths);
        expect(await driver.lock(holder, 600)).toBeUndefined();
      }, 30_000);
      afterAll(() => writeSite());

      test("nothing but the whole word takes a firewall over: not another one, not Ctrl-C, not Ctrl-D", async () => {
        const all = [`yes${keys.enter}`, keys.ctrlC, keys.ctrlD].map(async (typed) => {
          const terminal = apply();
          await terminal.until(
            /locked by olaf, since 2026-01-05 08:00 UTC[\s\S]*leaves everything as it is: /,
          );
          terminal.type(typed);
          return { code: await terminal.ended, said: terminal.said() };
        });
        const [other, interrupted, ended] = await Promise.all(all);
        expect([other!.code, interrupted!.code, ended!.code]).toEqual([1, 1, 1]);
        expect(interrupted!.said).toContain("ended by Ctrl-C");
        for (const { said } of [other!, ended!]) expect(said).toContain("to end what they do and go on");
        expect(listing()).toContain(holder);
        expect(listing()).not.toContain("goto t_");
      });

      test("who takes over is heard while the trial waits for a step, and a closed terminal ends it in order", async () => {
        const terminal = apply();
        await terminal.until(/leaves everything as it is: /);
        terminal.type(`take over${keys.enter}`);
        await terminal.until(/exercise step start-pump: Start pump P3\./);
        terminal.type(`stop-pump${keys.enter}`);
        await terminal.until(/no step of that name; the plan still waits for start-pump/);
        terminal.type(`start-pump${keys.enter}`);
        await terminal.until(/start-pump is noted[\s\S]*poll was not heard in both directions/);
        expect(listing()).toContain("goto t_dmz_cell1_monitor");
        terminal.hangUp();
        const journal = (): string => readFileSync(join(folder, "journal.jsonl"), "utf8");
        await expect
          .poll(
            () =>
              journal()
                .split("\n")
                .findLast((line) => line.includes('"verified-back"')),
            {
              timeout: 30_000,
            },
          )
          .toContain("ended by SIGHUP");
        expect(listing()).not.toContain("goto t_");
      });
    },
  );

  test("a sudo that talks changes nothing, and rights that are taken away in a trial end it, with the cause told", async () => {
    const [bin, denied] = [join(host.folder, "sbin"), join(host.folder, "denied")];
    mkdirSync(bin);
    writeFileSync(
      join(bin, "sudo"),
      `#!/bin/sh
shift
if [ -e ${denied} ]; then echo "sudo: a password is required" >&2; exit 1; fi
echo "sudo: unable to resolve host fw1: Name or service not known" >&2
echo "We trust you have received the usual lecture from the local System Administrator." >&2
exec "$@"
`,
      { mode: 0o755 },
    );
    host.run(`mount --bind ${bin} /usr/local/sbin`);
    writeSite({ sudo: true });
    await ready("monitor", "sudo.plan");
    // Nor is a window kept by a clock that is an hour ahead.
    const date = `#!/bin/sh\n[ "$1" != +%s ] || exec echo $(( $(/bin/date +%s) + 3600 ))\nexec /bin/date "$@"\n`;
    writeFileSync(join(bin, "date"), date, { mode: 0o755 });
    expect(await sluice("apply sudo.plan")).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/the firewall's clock is 3[56]\d\d s ahead of this machine's/),
    });
    rmSync(join(bin, "date"));
    const holding = sluice("apply sudo.plan --json");
    while (!listing().includes("goto t_dmz_cell1_monitor")) await sleep(100);
    writeFileSync(denied, "");
    const journal = (): string => readFileSync(join(folder, "journal.jsonl"), "utf8");
    await expect
      .poll(() => journal().trimEnd().split("\n").at(-1), { timeout: 20_000 })
      .toMatch(/"action":"reverted".*sudo: a password is required/);
    expect((await sluice("status")).stdout).toContain("fw1: NOT KNOWN");
    rmSync(denied);
    const end = await holding;
    expect([end.code, JSON.parse(end.stdout).state]).toEqual([3, "verified-back"]);
    expect(listing()).not.toContain("goto t_");
    host.run("umount /usr/local/sbin");
    writeSite();
  }, 60_000);

  test("the wrong host key and a host that is not there are told apart", async () => {
    writeSite({ hostKey: publicKey("stranger") });
    const wrong = await sluice("plan dmz-cell1 --to monitor -o x.plan");
    expect(wrong).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/presents the host key SHA256:.* pins SHA256:/),
    });
    writeSite({ port: 1 });
    const gone = await sluice("plan dmz-cell1 --to monitor -o x.plan");
    expect(gone).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("cannot reach root@127.0.0.1:1"),
    });
    expect((await sluice("status")).stdout).toContain("fw1: NOT KNOWN");
    writeSite();
  }, 30_000);

  test("enforcement of a policy that would cut an observed flow is not planned", async () => {
    const lost = {
      ...baseline,
      flows: [...baseline.flows, { ...baseline.flows[0]!, initiator: "10.20.1.77" }],
    };
    writeFileSync(join(folder, "baseline/seen.json"), JSON.stringify(lost));
    const refused = await sluice("plan dmz-cell1 --to enforce -o cut.plan --accept coverage=Minutes");
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain("10.20.1.77");
    writeFileSync(join(folder, "baseline/seen.json"), JSON.stringify(baseline));
  }, 30_000);

  test("a journal that somebody edited stops every change, and says where", async () => {
    const file = join(folder, "journal.jsonl");
    const text = readFileSync(file, "utf8");
    writeFileSync(file, text.replace('"actor":"eva"', '"actor":"eve"'));
    expect(await sluice("journal verify")).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("journal.jsonl:1:"),
    });
    expect((await sluice("apply second.plan")).stderr).toContain("Nothing is done on a broken journal");
    expect(execFileSync("wc", ["-l", file], { encoding: "utf8" })).toContain(
      String(text.trimEnd().split("\n").length),
    );
    writeFileSync(file, text);
  }, 30_000);
});

const baseline = {
  schema: "sluice/baseline",
  version: 1,
  sources: [],
  flows: [
    {
      family: 4,
      initiator: "10.20.1.10",
      responder: "10.10.1.10",
      protocol: 6,
      port: 502,
      connections: 1,
      packets: 100,
      bytes: 8000,
      firstSeen: "2026-03-01T00:00:00.000Z",
      lastSeen: "2026-03-01T01:00:00.000Z",
      evidence: "syn",
      confidence: 1,
      answered: true,
    },
  ],
};
