import { execFileSync, spawn } from "node:child_process";
import { EventEmitter } from "node:events";
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import type { Client } from "ssh2";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Session, SessionError } from "../../src/session.ts";
import { type ConnectOptions, connect } from "../../src/ssh/connect.ts";
import { readIdentity } from "../../src/ssh/identity.ts";
import { remoteSession } from "../../src/ssh/remote-session.ts";
import { makeKey, missingForSshd, type Sshd, startSshd } from "../support/sshd.ts";

const needs = missingForSshd ? ` (skipped: needs ${missingForSshd})` : "";

describe.skipIf(missingForSshd)(`a session over a real sshd${needs}`, () => {
  let sshd: Sshd;
  let options: ConnectOptions;
  beforeAll(async () => {
    sshd = await startSshd();
    options = {
      host: "127.0.0.1",
      port: sshd.port,
      user: sshd.user,
      identity: readIdentity(sshd.identity, undefined),
      hostKeys: [sshd.hostKey],
    };
  });
  afterAll(() => sshd.stop());

  const fault = async (promise: Promise<unknown>): Promise<SessionError> => {
    const error = await promise.then(
      () => new Error("it worked"),
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(SessionError);
    return error as SessionError;
  };

  test("words, standard input, both outputs and the exit code arrive as they are", async () => {
    const session = await connect(options);
    const result = await session.run(["sh", "-c", 'cat; echo "$1" >&2; exit 7', "sh", "it's $HOME; rm"], {
      stdin: "päckli\n",
    });
    expect(result).toEqual({ code: 7, stdout: "päckli\n", stderr: "it's $HOME; rm\n" });
    await session.close();
  });

  test("commands speak English and find administration commands whatever the host is set to", async () => {
    const session = await connect(options);
    const result = await session.run(["sh", "-c", 'echo "$LC_ALL $PATH"']);
    expect(result.stdout).toMatch(/^C .*\/usr\/sbin/);
    await session.close();
  });

  test("commands run at the same time, each with its own answer", async () => {
    const session = await connect(options);
    const numbers = Array.from({ length: 8 }, (_, index) => String(index));
    const results = await Promise.all(numbers.map((number) => session.run(["echo", number])));
    expect(results.map((result) => result.stdout.trim())).toEqual(numbers);
    await session.close();
  });

  test.each([10, 2, 1])(
    "a host that admits %i commands at a time is asked more of, one after the other",
    async (most) => {
      const strict = await startSshd([`MaxSessions=${most}`]);
      try {
        const { port, hostKey } = strict;
        const identity = readIdentity(strict.identity, undefined);
        const session = await connect({ ...options, port, identity, hostKeys: [hostKey] });
        const numbers = Array.from({ length: 13 }, (_, index) => String(index));
        const ask = async () => Promise.all(numbers.map((number) => session.run(["echo", number])));
        expect((await ask()).map((result) => result.stdout.trim())).toEqual(numbers);
        expect((await ask()).map((result) => result.stdout.trim())).toEqual(numbers);
        await session.close();
      } finally {
        strict.stop();
      }
    },
  );

  test("commands that wait their turn when the wire breaks hear why", async () => {
    const session = await connect(options);
    const all = Array.from({ length: 14 }, () => fault(session.run(["sleep", "30"])));
    await pause(300);
    for (const pid of sshd.sessions()) process.kill(pid, "SIGKILL");
    for (const { fault: kind, message } of await Promise.all(all)) {
      expect([kind, message]).toEqual([
        "lost",
        expect.stringMatching(/the far side closed it|ended the command/),
      ]);
    }
  });

  test("a command whose time is over before its turn comes is not sent", async () => {
    const session = await connect(options);
    const file = join(sshd.folder, "sent-out-of-turn");
    const busy = Array.from({ length: 10 }, () => session.run(["sleep", "1"]));
    const late = await fault(session.run(["touch", file], { timeoutMs: 300 }));
    expect(late.fault).toBe("timeout");
    await Promise.all(busy);
    await session.run(["true"]);
    expect(existsSync(file)).toBe(false);
    await session.close();
  });

  test("bytes that are not UTF-8 do not break the session", async () => {
    const session = await connect(options);
    expect((await session.run(["printf", "a\\377b"])).stdout).toBe("a\ufffdb");
    await session.close();
  });

  test("several megabytes arrive whole in both directions", async () => {
    const session = await connect(options);
    const text = "0123456789abcdef\n".repeat(300_000);
    expect((await session.run(["cat"], { stdin: text })).stdout).toBe(text);
    await session.close();
  });

  test("a command that is killed answers as a shell would say it", async () => {
    const session = await connect(options);
    expect((await session.run(["sh", "-c", "kill -9 $$"])).code).toBe(137);
    await session.close();
  });

  test("another host key is refused, and both fingerprints are named", async () => {
    makeKey(join(sshd.folder, "other"));
    const fingerprints = ["host", "other"].map(
      (name) =>
        execFileSync("ssh-keygen", ["-lf", join(sshd.folder, name)], { encoding: "utf8" }).split(" ")[1]!,
    );
    const pinned = execFileSync("cat", [join(sshd.folder, "other.pub")], { encoding: "utf8" });
    const error = await fault(connect({ ...options, hostKeys: [pinned] }));
    expect(error.fault).toBe("host-key");
    for (const each of fingerprints) expect(error.message).toContain(each);
  });

  test("no pinned key means no connection", async () => {
    expect((await fault(connect({ ...options, hostKeys: [] }))).fault).toBe("host-key");
  });

  test("a key that the host does not know is an authentication fault", async () => {
    makeKey(join(sshd.folder, "stranger"));
    const identity = readIdentity(join(sshd.folder, "stranger"), undefined);
    expect((await fault(connect({ ...options, identity }))).fault).toBe("authentication");
  });

  test("the agent signs with the one key that was named, though it holds many", async () => {
    const socket = join(sshd.folder, "agent");
    const agent = spawn("ssh-agent", ["-D", "-a", socket], { stdio: "ignore" });
    try {
      for (let number = 0; number < 8; number += 1) makeKey(join(sshd.folder, `many${number}`));
      const files = [
        ...Array.from({ length: 8 }, (_, number) => join(sshd.folder, `many${number}`)),
        sshd.identity,
      ];
      execFileSync(
        "sh",
        ["-c", 'while ! [ -S "$SSH_AUTH_SOCK" ]; do sleep 0.05; done; ssh-add -q "$@"', "sh", ...files],
        {
          env: { ...process.env, SSH_AUTH_SOCK: socket },
        },
      );
      const session = await connect({ ...options, identity: readIdentity(`${sshd.identity}.pub`, socket) });
      expect((await session.run(["true"])).code).toBe(0);
      await session.close();
    } finally {
      agent.kill();
    }
  });

  test("a firewall behind other hosts is reached through them, each by its own pinned key", async () => {
    const { host, port, user, hostKeys } = options;
    const hop = { host, port, user, hostKeys };
    const session = await connect({ ...options, through: [hop, hop] });
    expect((await session.run(["sh", "-c", "echo $SSH_CONNECTION"])).stdout).toContain("127.0.0.1");
    expect(sshd.sessions().length).toBeGreaterThanOrEqual(3);
    await session.close();
    makeKey(join(sshd.folder, "middle"));
    const pinned = [execFileSync("cat", [join(sshd.folder, "middle.pub")], { encoding: "utf8" })];
    const error = await fault(connect({ ...options, through: [hop, { ...hop, hostKeys: pinned }] }));
    expect(error.fault).toBe("host-key");
    const behind = await fault(connect({ ...options, port: 1, through: [hop] }));
    expect(behind).toMatchObject({
      fault: "unreachable",
      message: expect.stringContaining("from the host before it"),
    });
  });

  test("an address where nobody listens is unreachable", async () => {
    expect((await fault(connect({ ...options, port: 1 }))).fault).toBe("unreachable");
  });

  test("a connection that drops in mid-command is lost, and stays lost", async () => {
    const session = await connect(options);
    const running = fault(session.run(["sleep", "30"]));
    await new Promise((resolve) => setTimeout(resolve, 300));
    for (const pid of sshd.sessions()) process.kill(pid, "SIGKILL");
    expect((await running).fault).toBe("lost");
    expect((await fault(session.run(["true"]))).fault).toBe("lost");
    await session.close();
  });

  test("a connection that goes silent is lost after three keepalives", async () => {
    const session = await connect({ ...options, keepaliveMs: 200 });
    const running = fault(session.run(["sleep", "30"]));
    await new Promise((resolve) => setTimeout(resolve, 300));
    const stopped = sshd.sessions();
    for (const pid of stopped) process.kill(pid, "SIGSTOP");
    const { fault: kind, message } = await running;
    expect(kind).toBe("lost");
    // Another session of the same server shows that neither the host nor the way is gone.
    expect(message).toMatch(
      /A new connection is greeted all the same: .* smaller MTU: try ping .* or have forgotten/,
    );
    expect((await fault(session.run(["true"]))).fault).toBe("lost");
    await session.close();
    for (const pid of stopped) process.kill(pid, "SIGKILL");
  });

  test.each([
    ["says nothing", "", /it takes connections and says nothing/],
    [
      "greets and then says nothing",
      "SSH-2.0-OpenSSH_9.2p1\r\n",
      /it greeted, .* small packets pass and large ones do not.* MTU/,
    ],
  ])(
    "a server that %s is unreachable after the connect timeout, with what that may mean",
    async (_name, greeting, means) => {
      const server = createServer((socket) =>
        socket
          .on("error", () => undefined)
          .resume()
          .write(greeting),
      ).listen(0, "127.0.0.1");
      await new Promise((resolve) => server.once("listening", resolve));
      const { port } = server.address() as { port: number };
      const error = await fault(connect({ ...options, port, connectTimeoutMs: 300 }));
      expect([error.fault, error.message]).toEqual(["unreachable", expect.stringMatching(means)]);
      await new Promise((resolve) => server.close(resolve));
      const gone = await fault(connect({ ...options, port }));
      expect(gone.message).toContain("(nothing listens there: does sshd run, is the port right?)");
    },
  );

  test("a command that takes too long is a timeout, and the session lives on", async () => {
    const session = await connect(options);
    expect((await fault(session.run(["sleep", "30"], { timeoutMs: 200 }))).fault).toBe("timeout");
    expect((await session.run(["echo", "here"])).stdout).toBe("here\n");
    await session.close();
  });

  test("all commands together can be given a time", async () => {
    const session = await connect(options);
    session.allow(0.5);
    await session.run(["sleep", "0.3"]);
    const { fault: kind, message } = await fault(session.run(["sleep", "30"]));
    expect([kind, message]).toEqual(["timeout", expect.stringContaining('did not finish "sleep"')]);
    expect((await fault(session.run(["true"]))).fault).toBe("timeout");
    session.allow(30);
    expect((await session.run(["echo", "here"])).stdout).toBe("here\n");
    await session.close();
  });

  test("once the time is over, no command is sent at all", async () => {
    const session = await connect(options);
    const file = join(sshd.folder, "sent-too-late");
    session.allow(0);
    const late = await fault(session.run(["touch", file]));
    expect([late.fault, late.message]).toEqual([
      "timeout",
      expect.stringContaining('the time for this step was over before "touch" was sent'),
    ]);
    session.allow(30);
    await session.run(["sleep", "0.3"]);
    expect(existsSync(file)).toBe(false);
    await session.close();
  });

  /** Has the host stand still, and go on. */
  const stopped = (): (() => void) => {
    const pids = sshd.sessions();
    for (const pid of pids) process.kill(pid, "SIGSTOP");
    return () => {
      for (const pid of pids) process.kill(pid, "SIGCONT");
    };
  };
  const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

  test("a host that does not say goodbye is left within seconds", async () => {
    const session = await connect(options);
    const goOn = stopped();
    const start = performance.now();
    await session.close();
    expect(performance.now() - start).toBeLessThan(3_500);
    goOn();
  });

  test("nothing stays open that would keep the program running", async () => {
    const open = (): number =>
      process.getActiveResourcesInfo().filter((one) => one === "TCPSocketWrap").length;
    await pause(500);
    const before = open();
    makeKey(join(sshd.folder, "another"));
    const pinned = readFileSync(join(sshd.folder, "another.pub"), "utf8");
    await fault(connect({ ...options, hostKeys: [pinned] }));
    await fault(connect({ ...options, hostKeys: [] }));
    const session = await connect(options);
    const goOn = stopped();
    await session.close();
    const second = connect({ ...options, connectTimeoutMs: 500 });
    goOn();
    await (await second).close();
    const impatient = await connect(options);
    await fault(impatient.run(["sleep", "30"], { timeoutMs: 200 }));
    await impatient.close();
    await pause(200);
    expect(open()).toBeLessThanOrEqual(before);
  });

  test.each(["wire stays", "wire is closed"])(
    "a command that was given up is not carried out when the host goes on, and the %s",
    async (wire) => {
      const session = await connect(options);
      const file = join(sshd.folder, wire.replaceAll(" ", "-"));
      const goOn = stopped();
      const given = fault(
        session.run(["sh", "-c", 'cat >> "$1"', "sh", file], { stdin: "x", timeoutMs: 300 }),
      );
      expect((await given).fault).toBe("timeout");
      if (wire === "wire is closed") await session.close();
      goOn();
      await pause(700);
      expect(existsSync(file) ? readFileSync(file, "utf8") : "").toBe("");
      await session.close();
    },
  );

  test("a wire that ended and was not heard to end yet is lost, and no internal error", async () => {
    const client = Object.assign(new EventEmitter(), {
      exec: () => {
        throw new Error("Not connected");
      },
    });
    const session = remoteSession(client as unknown as Client, "root@fw1:22", "login", {
      cut: () => undefined,
      silence: async () => "",
    });
    expect(await fault(session.run(["true"]))).toMatchObject({ fault: "lost" });
  });

  test("a host that opens no channel, and ends no command, is given up in time", async () => {
    const silent = Object.assign(new EventEmitter(), { exec: () => undefined, end: () => undefined });
    let cut = false;
    const session = remoteSession(silent as unknown as Client, "root@fw1:22", "login", {
      cut: () => {
        cut = true;
      },
      silence: async () => "",
    });
    expect((await fault(session.run(["true"], { timeoutMs: 100 }))).fault).toBe("timeout");
    await session.close();
    expect(cut).toBe(true);
    expect((await fault(session.run(["true"]))).fault).toBe("lost");
  });

  /** A session with a server of its own whose every command is replaced by this one. */
  const forced = async (command: string): Promise<{ session: Session; stop(): void }> => {
    const server = await startSshd([`ForceCommand=${command}`]);
    const session = await connect({
      ...options,
      port: server.port,
      identity: readIdentity(server.identity, undefined),
      hostKeys: [server.hostKey],
    });
    return {
      session,
      stop: () => {
        void session.close();
        server.stop();
      },
    };
  };

  test("what the start files of a shell print before an answer is not part of it, with or without a line end", async () => {
    const { session, stop } = await forced(
      `echo "Last login: never"; printf "Willkommen! "; export LANG=de_DE.UTF-8; eval "$SSH_ORIGINAL_COMMAND"`,
    );
    expect(await session.run(["cat"], { stdin: "as it is\n" })).toEqual({
      code: 0,
      stdout: "as it is\n",
      stderr: "",
    });
    expect((await session.run(["sh", "-c", "ls /nowhere; exit 3"])).stderr).toContain("No such file");
    stop();
  });

  test("a host that runs something else than what was asked is a broken wire, not an answer", async () => {
    const { session, stop } = await forced("echo 192.0.2.1");
    await expect(session.run(["cat", "/etc/hostname"])).rejects.toMatchObject({
      fault: "lost",
      message: expect.stringContaining("ran something else than what was asked"),
    });
    stop();
  });

  test("what a wrapper on the host says behind an answer is not part of it, and one that it cuts is no answer", async () => {
    const talking = await forced(
      `sh -c "$SSH_ORIGINAL_COMMAND"; code=$?; echo "Session recorded."; exit $code`,
    );
    expect(await talking.session.run(["sh", "-c", "printf half; exit 3"])).toMatchObject({
      code: 3,
      stdout: "half",
    });
    talking.stop();
    const cutting = await forced(`sh -c "$SSH_ORIGINAL_COMMAND" | head -c 60`);
    await expect(cutting.session.run(["seq", "1000"])).rejects.toMatchObject({
      fault: "lost",
      message: expect.stringContaining("did not answer to the end"),
    });
    cutting.stop();
  });

  test.each([
    ["sudo: a password is required", 1, "NOPASSWD: ALL"],
    ["sudo: a terminal is required to read the password; either use the -S option", 1, "NOPASSWD: ALL"],
    ["sudo: Ein Passwort ist notwendig", 1, "NOPASSWD: ALL"],
    ["eva is not in the sudoers file.", 1, "sudo does not let this account"],
    [undefined, 127, "sudo is not installed there"],
  ])(
    "a host where sudo says %j is a refusal that says how to mend it, and not a broken wire",
    async (said, code, mend) => {
      const bin = mkdtempSync(join(sshd.folder, "bin-"));
      if (said !== undefined)
        writeFileSync(join(bin, "sudo"), `#!/bin/sh\necho '${said}' >&2\nexit ${code}\n`, { mode: 0o755 });
      const strict = await startSshd([`ForceCommand=PATH=${bin}; eval "$SSH_ORIGINAL_COMMAND"`]);
      const { port, hostKey } = strict;
      const identity = readIdentity(strict.identity, undefined);
      const session = await connect({ ...options, port, identity, hostKeys: [hostKey], privilege: "sudo" });
      const refusal = await fault(session.run(["id"]));
      expect([refusal.fault, refusal.message]).toEqual(["privilege", expect.stringContaining(mend)]);
      expect(refusal.message).not.toMatch(/\n/);
      await session.close();
      strict.stop();
    },
  );

  test("an answer that stops in the middle of a line is lost, whatever was said before", async () => {
    const { session, stop } = await forced(`eval "$SSH_ORIGINAL_COMMAND" & sleep 0.3; kill -9 $PPID`);
    await expect(session.run(["sh", "-c", "printf 'table inet slu'; sleep 5"])).rejects.toMatchObject({
      fault: "lost",
    });
    stop();
  });

  test("a login banner and noise on standard error do not reach the answer", async () => {
    const banner = join(sshd.folder, "banner");
    writeFileSync(banner, "Authorised use only\n");
    const noisy = await startSshd([`Banner=${banner}`]);
    const session = await connect({
      ...options,
      port: noisy.port,
      identity: readIdentity(noisy.identity, undefined),
      hostKeys: [noisy.hostKey],
    });
    expect(await session.run(["sh", "-c", "echo noise >&2; echo answer"])).toEqual({
      code: 0,
      stdout: "answer\n",
      stderr: "noise\n",
    });
    await session.close();
    noisy.stop();
  });
});

describe("an identity", () => {
  test("with a passphrase is refused with the way round it", () => {
    const folder = execFileSync("mktemp", ["-d"], { encoding: "utf8" }).trim();
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "secret", "-f", join(folder, "id")]);
    expect(() => readIdentity(join(folder, "id"), undefined)).toThrow("ssh-add");
    execFileSync("rm", ["-r", folder]);
  });

  test("that is a public key needs an agent", () => {
    const folder = execFileSync("mktemp", ["-d"], { encoding: "utf8" }).trim();
    makeKey(join(folder, "id"));
    expect(() => readIdentity(join(folder, "id.pub"), undefined)).toThrow("SSH_AUTH_SOCK");
    execFileSync("rm", ["-r", folder]);
  });

  test("that does not exist, or is no key, says so", () => {
    expect(() => readIdentity("/nowhere/id", undefined)).toThrow(
      "cannot read the identity /nowhere/id: it does not exist",
    );
    expect(() => readIdentity(import.meta.filename, undefined)).toThrow("not an OpenSSH public key line");
  });
});
