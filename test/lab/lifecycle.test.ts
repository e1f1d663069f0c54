import { spawnSync } from "node:child_process";
import {
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { isLab, stopLab } from "../../src/lab/lab.ts";
import { type LabFolder, labFolder, pollLog } from "../../src/lab/lab-folder.ts";
import { hosts, sessions } from "../../src/lab/plant.ts";
import { readPolls } from "../../src/lab/poll-log.ts";
import { childrenOf, holderOf, runningLab, startTimeOf } from "../../src/lab/state.ts";
import type { LabStatus } from "../../src/lab/status.ts";
import { finish, labMissing, makeTemporaryFolder, needingLab, sluice } from "./lab-fixture.ts";

let parent: string;
let folder: LabFolder;

beforeEach(() => {
  parent = makeTemporaryFolder();
  folder = labFolder(join(parent, "lab"));
});
afterEach(async () => {
  if (isLab(folder)) await stopLab(folder);
  rmSync(parent, { recursive: true });
});

const lab = (command: string, ...words: readonly string[]) =>
  finish(sluice("lab", command, "--dir", folder.root, ...words));

const namespaceKinds = ["net", "mnt", "uts", "pid", "user"];
const namespacesOf = (pid: number | string): readonly string[] => {
  try {
    return namespaceKinds.map((kind) => readlinkSync(`/proc/${pid}/ns/${kind}`));
  } catch {
    return []; // ended while it was looked at
  }
};

/** Every namespace that the lab made, and every process in one of them with its start: a busy machine uses numbers again. */
function footprint(): {
  readonly namespaces: ReadonlySet<string>;
  readonly pids: ReadonlyMap<number, string>;
} {
  const state = runningLab(folder)!;
  const outside = new Set(namespacesOf(process.pid));
  const holders = hosts.map(({ name }) => holderOf(folder, state, name)!);
  const namespaces = new Set(
    [...childrenOf(state.pid), ...holders].flatMap(namespacesOf).filter((name) => !outside.has(name)),
  );
  const pids = new Map<number, string>();
  for (const pid of [state.pid, ...inhabitants(namespaces)]) {
    const started = startTimeOf(pid);
    if (started !== undefined) pids.set(pid, started);
  }
  return { namespaces, pids };
}

const inhabitants = (namespaces: ReadonlySet<string>): readonly number[] =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && namespacesOf(name).some((namespace) => namespaces.has(namespace)))
    .map(Number);

/** The kernel gives numbers of namespaces to others at once, so that they tell nothing of a lab that is gone. */
async function expectNothingRuns({ pids }: ReturnType<typeof footprint>): Promise<void> {
  await expect
    .poll(() => [...pids].filter(([pid, started]) => startTimeOf(pid) === started), { timeout: 20_000 })
    .toEqual([]);
  expect(readFileSync("/proc/self/mountinfo", "utf8")).not.toContain(folder.root);
}

describe.skipIf(labMissing)(needingLab("the life of a lab"), { timeout: 60_000 }, () => {
  test("up starts every session, and status counts its polls", async () => {
    expect((await lab("up")).code).toBe(0);
    const fewest = () => Math.min(...sessions.map(({ id }) => readPolls(pollLog(folder, id)).length));
    await expect.poll(fewest, { timeout: 20_000 }).toBeGreaterThan(2);
    const answer = await lab("status", "--json");
    const status = JSON.parse(answer.stdout) as LabStatus;
    expect(answer.code).toBe(0);
    expect(status.sessions).toHaveLength(sessions.length);
    for (const session of status.sessions) {
      expect(session.tally.polls).toBeGreaterThan(2);
      expect(session.tally.missed).toBe(0);
    }
  });

  test("down leaves no process, namespace, mount or file behind", async () => {
    await lab("up");
    const before = footprint();
    // Eight hosts with three namespaces each, and four of the supervisor's own.
    expect(before.namespaces.size).toBeGreaterThanOrEqual(8 * 3);
    expect(before.pids.size).toBeGreaterThan(16);
    expect((await lab("down")).stdout).toBe("The lab is gone.\n");
    await expectNothingRuns(before);
    expect(readdirSync(parent)).toEqual([]);
  });

  test.each([
    ["the first process", (pid: number) => childrenOf(pid)[0]!],
    ["the process outside", (pid: number) => pid],
  ])("kill -9 of %s ends everything, and down removes the files", async (_name, victim) => {
    await lab("up");
    const before = footprint();
    process.kill(victim(runningLab(folder)!.pid), "SIGKILL");
    await expectNothingRuns(before);
    expect((await lab("status")).stdout).toBe(`No lab runs in ${folder.root}.\n`);
    expect((await lab("down")).code).toBe(0);
    expect(readdirSync(parent)).toEqual([]);
  });

  test("up does not touch what a crashed lab left, until down removes it", async () => {
    await lab("up");
    process.kill(runningLab(folder)!.pid, "SIGKILL");
    const again = await lab("up");
    expect(again.code).toBe(1);
    expect(again.stderr).toContain(
      `${folder.root} holds what a lab that crashed left (\`sluice lab down\` removes it)`,
    );
    expect(existsSync(join(folder.site, "site.yaml"))).toBe(true);
  });

  test("down --keep leaves the engineer's repository, and no later lab takes its place", async () => {
    await lab("up");
    await lab("down", "--keep");
    expect((await lab("up")).stderr).toContain("holds something else than a lab");
    expect(runningLab(folder)).toBeUndefined();
    expect(existsSync(join(folder.site, "site.yaml"))).toBe(true);
  });

  test("a second lab in the same folder is refused, and the first goes on", async () => {
    await lab("up");
    const second = await lab("up");
    expect(second.code).toBe(1);
    expect(second.stderr).toContain(
      `error: a lab already runs in ${folder.root} (\`sluice lab down\` ends it)`,
    );
    expect(runningLab(folder)).toBeDefined();
  });

  test("a command that the lab needs and that is missing is named, with the package that has it", async () => {
    const command = sluice("lab", "up", "--dir", folder.root)
      .map((word) => `'${word}'`)
      .join(" ");
    const hidden = `mount --bind /dev/null "$(command -v nft)" && exec ${command}`;
    const { code, stderr } = await finish(["unshare", "--mount", "sh", "-c", hidden]);
    expect(code).toBe(1);
    expect(stderr).toContain("missing: nft\n      fix: apt-get install nftables");
    expect(readdirSync(parent)).toEqual([]);
  });
});

test("a folder that holds something else is left as it is", async () => {
  mkdirSync(folder.root);
  writeFileSync(join(folder.root, "notes.txt"), "mine");
  const up = await lab("up");
  expect(up.code).toBe(1);
  expect(up.stderr).toContain(
    `${folder.root} holds something else than a lab: choose another folder with --dir`,
  );
  expect((await lab("down")).stderr).toContain(`there is no lab in ${folder.root}`);
  expect(readFileSync(join(folder.root, "notes.txt"), "utf8")).toBe("mine");
});

test("a folder with a path too long for a socket is refused before anything is made", async () => {
  const long = join(parent, "x".repeat(100));
  const { code, stderr } = await finish(sluice("lab", "up", "--dir", long));
  expect(code).toBe(1);
  expect(stderr).toContain("is too long for a socket in it: choose a shorter one with --dir");
  expect(existsSync(long)).toBe(false);
});

const nobody = 65534;
const asNobody = ["setpriv", `--reuid=${nobody}`, `--regid=${nobody}`, "--clear-groups", "--inh-caps=-all"];
const namespaceTrial = ["unshare", "--user", "--map-current-user", "--keep-caps", "--net", "true"];
const nobodyCannot =
  labMissing ||
  (process.getuid?.() !== 0
    ? "root, to become another user"
    : spawnSync(asNobody[0]!, [...asNobody.slice(1), ...namespaceTrial]).status === 0
      ? ""
      : "user namespaces for other users");

describe.skipIf(nobodyCannot)(
  `a lab of a user who is not root${nobodyCannot && ` (missing: ${nobodyCannot})`}`,
  () => {
    const unprivileged = (command: string, ...words: readonly string[]) =>
      finish([...asNobody, ...sluice("lab", command, "--dir", folder.root, ...words)]);

    test("runs the plant, gives root on its firewall over SSH, and leaves nothing behind", {
      timeout: 60_000,
    }, async () => {
      chownSync(parent, nobody, nobody);
      const up = await unprivileged("up");
      expect(up.stderr).toBe("starting the plant …\n");
      const before = footprint();
      const ssh =
        "ssh -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -i ../keys/eva root@192.0.2.1 'nft add table inet mine && nft list ruleset'";
      expect((await unprivileged("exec", "--", "sh", "-c", ssh)).stdout).toContain("table inet mine");
      await unprivileged("fault", "reboot");
      const status = JSON.parse((await unprivileged("status", "--json")).stdout) as LabStatus;
      expect(status.lab?.mode).toBe("user");
      expect((await unprivileged("down")).code).toBe(0);
      await expectNothingRuns(before);
      expect(readdirSync(parent)).toEqual([]);
    });
  },
);
