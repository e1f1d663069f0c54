import { execFileSync, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { Server } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { allowedSigners, approvalMessage, approvalNamespace } from "../../src/plan/approval.ts";
import type { Plan } from "../../src/plan/plan.ts";
import { writePlan } from "../../src/plan/plan-file.ts";
import { sign, verify } from "../../src/ssh/signature.ts";
import { planDocument, site, siteText } from "../report/support/fixture.ts";
import { type SiteFolder, siteFolder } from "../report/support/site-folder.ts";
import { type Ended, sluice } from "../support/command.ts";
import { securityKey } from "../support/security-key.ts";

const hasKeygen = spawnSync("ssh-keygen", ["-?"]).error === undefined;
/** A signature of a hardware key with the flag of the touch taken out. */
const withoutTouch = (armored: string): string => {
  const [begin, ...lines] = armored.trim().split("\n");
  const wire = Buffer.from(lines.slice(0, -1).join(""), "base64");
  wire[wire.length - 5] = 0;
  return `${begin}\n${wire.toString("base64")}\n${lines.at(-1)}\n`;
};

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
    expect((await approve("mallory")).stderr).toMatch(
      /the key SHA256:\S+ .* belongs to nobody in the site file/,
    );
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

  /** Olaf's key is on a token, which an agent of its own reaches. */
  const token = async (touched: boolean): Promise<Server> => {
    const key = securityKey("olaf's token", { touched });
    writeFileSync(join(folder, "token.pub"), `${key.line}\n`);
    withKey("OLAF", key.line);
    process.env.SSH_AUTH_SOCK = join(folder, "token-agent");
    return key.serve(process.env.SSH_AUTH_SOCK);
  };

  test("takes a hardware key", async () => {
    const server = await token(true);
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
      expect((await sluice(folder, ["evidence", "pumps.plan.json", "-o", "audit"])).stderr).toBe("");
      const commands = readFileSync(join(folder, "audit/README.txt"), "utf8").match(
        /^ {4}s\S+ .*olaf\.sig.*$/gm,
      );
      expect(commands?.map((command) => command.trim().split(" ")[0])).toEqual(["ssh-keygen", "sed"]);
      const statuses = (): readonly unknown[] =>
        commands!.map((command) => spawnSync("sh", ["-c", command], { cwd: join(folder, "audit") }).status);
      expect(statuses()).toEqual([0, 0]);
      const packed = join(folder, "audit", commands![1]!.match(/\S+olaf\.sig/)![0]);
      writeFileSync(packed, withoutTouch(readFileSync(packed, "utf8")));
      expect(statuses()[1]).toBe(1);
    } finally {
      server.close();
    }
  });

  test("refuses a hardware key that nobody touched, which ssh-keygen takes", async () => {
    const server = await token(false);
    try {
      const refused = await approve("token.pub");
      expect([refused.code, refused.stderr]).toEqual([
        1,
        expect.stringContaining("olaf: the hardware key signed without being touched"),
      ]);
      expect(existsSync(join(folder, "pumps.plan.json.approvals"))).toBe(false);
      // Whoever signs past Sluice is found when the approvals are counted.
      const plan = JSON.parse(readFileSync(join(folder, "pumps.plan.json"), "utf8")) as Plan;
      const [signers, approvals] = [join(folder, "signers"), join(folder, "pumps.plan.json.approvals")];
      const purpose = ["-n", approvalNamespace];
      const signed = await sign(join(folder, "token.pub"), approvalNamespace, approvalMessage(plan));
      mkdirSync(approvals);
      expect(
        await verify(allowedSigners(plan), "olaf", approvalNamespace, signed, approvalMessage(plan)),
      ).toBe(false);
      writeFileSync(join(approvals, "olaf.sig"), signed);
      writeFileSync(signers, allowedSigners(plan));
      const words = ["-f", signers, "-I", "olaf", ...purpose, "-s", join(approvals, "olaf.sig")];
      expect(
        spawnSync("ssh-keygen", ["-Y", "verify", ...words], {
          input: approvalMessage(plan),
          encoding: "utf8",
        }),
      ).toMatchObject({ status: 0, stdout: expect.stringContaining("Good") });
      expect(JSON.parse((await approve("rita")).stdout)).toMatchObject({
        accepted: ["rita"],
        rejected: [{ person: "olaf", reason: expect.stringContaining("without being touched") }],
      });
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
