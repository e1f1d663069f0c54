import { execFileSync, spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Plan } from "../../src/plan/plan.ts";
import { writePlan } from "../../src/plan/plan-file.ts";
import { planDocument, site, siteText } from "../report/support/fixture.ts";
import { type SiteFolder, siteFolder } from "../report/support/site-folder.ts";
import { type Ended, sluice } from "../support/command.ts";
import { securityKey } from "../support/security-key.ts";

const hasKeygen = spawnSync("ssh-keygen", ["-?"]).error === undefined;
const made = new Date("2026-11-21T08:00:00Z");

/** Real keys of the real ssh-keygen and ssh-agent; the site wants two approvers for enforcement. */
describe.skipIf(!hasKeygen)("sluice approve (needs ssh-keygen)", () => {
  let folder: string;
  let place: SiteFolder;
  const before = { socket: process.env.SSH_AUTH_SOCK, askpass: process.env.SSH_ASKPASS };
  beforeEach(async () => {
    place = await siteFolder();
    folder = place.folder;
    // As before the change that the folder tells of.
    for (const name of ["pumps.plan.json.approvals", "journal.jsonl", ".sluice"]) {
      rmSync(join(folder, name), { recursive: true });
    }
    delete process.env.SSH_AUTH_SOCK;
    // Where nobody is asked, nothing waits for an answer.
    Object.assign(process.env, { SSH_ASKPASS: "/bin/false", SSH_ASKPASS_REQUIRE: "force" });
  });
  afterEach(() => {
    place.remove();
    delete process.env.SSH_ASKPASS_REQUIRE;
    for (const [name, value] of [
      ["SSH_AUTH_SOCK", before.socket],
      ["SSH_ASKPASS", before.askpass],
    ] as const) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  });

  const approve = (who: string, now = made): Promise<Ended> =>
    sluice(folder, ["approve", "pumps.plan.json", "--identity", who, "--json"], undefined, () => now);
  /** A plan of the site with other keys for its people, beside the old one. */
  const withKey = (person: "OLAF" | "RITA", line: string): void => {
    const own = Object.fromEntries(
      ["EVA", "OLAF", "RITA"].map((name) => [
        name,
        name === person ? line : readFileSync(join(folder, `${name.toLowerCase()}.pub`), "utf8").trim(),
      ]),
    );
    writeFileSync(join(folder, "pumps.plan.json"), writePlan(planDocument({ site: siteText(own) })));
  };
  const newKey = (name: string, ...words: readonly string[]): string => {
    execFileSync("ssh-keygen", ["-q", "-N", "", "-f", join(folder, name), ...words]);
    return readFileSync(join(folder, `${name}.pub`), "utf8").trim();
  };

  test("counts two people, refuses the author, a stranger and a wrong role, and says what is missing", async () => {
    expect((await approve("eva")).stderr).toContain(
      "is the author of the plan, and nobody approves their own",
    );
    newKey("mallory", "-t", "ed25519");
    expect((await approve("mallory")).stderr).toMatch(/the key SHA256:\S+ .* is nobody's in the site file/);
    const first = JSON.parse((await approve("olaf")).stdout);
    expect(first).toMatchObject({
      ...{ person: "olaf", accepted: ["olaf"], missing: 1, expires: "2026-12-04T14:05:00.000Z" },
      open: [{ cause: "enforce", count: 2, roles: ["approver"], missing: 1 }],
    });
    // Who signs twice is still one person.
    expect(JSON.parse((await approve("olaf")).stdout).missing).toBe(1);
    expect(JSON.parse((await approve("rita")).stdout)).toMatchObject({
      accepted: ["olaf", "rita"],
      missing: 0,
      open: [],
    });
  });

  test.each([
    ["rsa", "-t", "rsa"],
    ["ecdsa", "-t", "ecdsa", "-b", "384"],
    ["ed25519", "-t", "ed25519"],
  ])("takes a key of the type %s", async (name, ...words) => {
    withKey("OLAF", newKey(name, ...words));
    expect(JSON.parse((await approve(name)).stdout).accepted).toEqual(["olaf"]);
  });

  test("takes a key that only the agent holds, and says so when no agent does", async () => {
    const socket = join(folder, "agent");
    const agent = spawn("ssh-agent", ["-D", "-a", socket], { stdio: "ignore" });
    try {
      await expect.poll(() => existsSync(socket)).toBe(true);
      execFileSync("ssh-add", ["-q", join(folder, "olaf")], {
        env: { ...process.env, SSH_AUTH_SOCK: socket },
      });
      rmSync(join(folder, "olaf"));
      const alone = await approve("olaf.pub");
      expect([alone.code, alone.stderr]).toEqual([1, expect.stringContaining("ssh-keygen could not sign")]);
      process.env.SSH_AUTH_SOCK = socket;
      expect(JSON.parse((await approve("olaf.pub")).stdout).accepted).toEqual(["olaf"]);
    } finally {
      agent.kill();
    }
  });

  test("takes a hardware key", async () => {
    const key = securityKey("olaf's token");
    writeFileSync(join(folder, "token.pub"), `${key.line}\n`);
    withKey("OLAF", key.line);
    const socket = join(folder, "token-agent");
    const server = await key.serve(socket);
    process.env.SSH_AUTH_SOCK = socket;
    try {
      expect(JSON.parse((await approve("token.pub")).stdout)).toMatchObject({
        accepted: ["olaf"],
        missing: 1,
      });
      const file = join(folder, "pumps.plan.json.approvals/olaf.sig");
      expect(
        Buffer.from(readFileSync(file, "utf8").split("\n").slice(1, -2).join(""), "base64").toString(
          "latin1",
        ),
      ).toContain("sk-ssh-ed25519@openssh.com");
    } finally {
      server.close();
    }
  });

  test("a key behind a passphrase that nobody gives signs nothing, and the message leads to the agent", async () => {
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "secret", "-f", join(folder, "locked")]);
    const line = readFileSync(join(folder, "locked.pub"), "utf8").trim();
    withKey("OLAF", line);
    expect(await approve("locked")).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("could not sign"),
    });
    rmSync(join(folder, "locked.pub"));
    expect((await approve("locked")).stderr).toContain("give the .pub file and have the key in the agent");
    expect(existsSync(join(folder, "pumps.plan.json.approvals"))).toBe(false);
  });

  test("holds for the time that the site file gives, and not a second longer", async () => {
    const expires = new Date("2026-12-04T14:05:00.000Z");
    const apply = (now: Date): Promise<Ended> =>
      sluice(folder, ["apply", "pumps.plan.json", "--identity", "eva"], undefined, () => now);
    expect((await approve("olaf", new Date(expires.getTime() - 1000))).code).toBe(0);
    expect((await approve("rita", expires)).stderr).toContain(
      "its approvals held until 2026-12-04T14:05:00.000Z",
    );
    expect((await approve("rita")).code).toBe(0);
    expect((await apply(expires)).stderr).toContain("its approvals held until 2026-12-04T14:05:00.000Z");
    const show = (now: Date): Promise<Ended> =>
      sluice(folder, ["plan", "show", "pumps.plan.json"], undefined, () => now);
    expect((await show(made)).stdout).toContain("[Approved by olaf and rita]");
    expect((await show(expires)).stdout).toContain("[Not to be applied: its approvals held until");
  });

  test("a signature for another purpose or over another plan is not counted, and apply says why", async () => {
    expect((await approve("olaf")).code).toBe(0);
    expect((await approve("rita")).code).toBe(0);
    const file = join(folder, "pumps.plan.json.approvals/rita.sig");
    rmSync(file);
    execFileSync("ssh-keygen", [
      "-Y",
      "sign",
      "-q",
      "-f",
      join(folder, "rita"),
      "-n",
      "git",
      join(folder, "site.yaml"),
    ]);
    writeFileSync(file, readFileSync(join(folder, "site.yaml.sig")));
    const { code, stderr } = await sluice(
      folder,
      ["apply", "pumps.plan.json", "--identity", "eva"],
      undefined,
      () => made,
    );
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(
        /needs 1 more approval[\s\S]*2 signatures by the role approver, because it drops packets: 1 missing[\s\S]*rita: the signature does not fit/,
      ),
    ]);
  });

  test("the site file decides who must sign what broadens", () => {
    const plan = planDocument({ from: { stage: "enforce", permits: ["poll"] } }) as unknown as Plan;
    expect(plan.difference.verdict).toBe("both");
    expect(plan.approval.rules).toEqual([
      { cause: "enforce", count: 2, roles: ["approver"] },
      { cause: "broaden", count: 2, roles: ["approver"] },
    ]);
    expect(site().approvals.validFor).toBe(14 * 86_400);
  });
});
