// Installs what is missing on a machine with only Node and apt: `node tools/setup.mjs demo|test|bench`.
// Plain JavaScript, since it runs before the packages are there. It says what it does, and nothing when all is there.
import { spawnSync } from "node:child_process";
import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

const root = join(import.meta.dirname, "..");
const purpose = process.argv[2] ?? "";

/** Debian package by command, for each purpose; several packages where the command needs parts of its own. */
const lab = {
  unshare: "util-linux",
  mount: "mount",
  hostname: "hostname",
  sysctl: "procps",
  ip: "iproute2",
  nft: "nftables",
  sshd: "openssh-server",
  "ssh-keygen": "openssh-client",
  tcpdump: "tcpdump",
};
/** For the tests whose firewall is a virtual machine; its kernel is of this architecture. */
const guest =
  process.arch === "x64"
    ? { "qemu-system-x86_64": "qemu-system-x86", depmod: "kmod", mke2fs: "e2fsprogs" }
    : {};
const needs = {
  demo: lab,
  test: {
    ...lab,
    tshark: "tshark",
    conntrack: "conntrack",
    iptables: "iptables",
    ipset: "ipset",
    "systemd-run": "systemd",
    faketime: "faketime libfaketime",
    // Records of NetFlow as real exporters and a real collector make them.
    softflowd: "softflowd",
    nfcapd: "nfdump",
    "netfilter-persistent": "iptables-persistent",
    python3: "python3",
    php: "php-cli php-xml",
    chromium: "chromium",
    // Of 2018, and 16 MB to load with its libraries: the only server of ClickHouse in a package that installs here.
    "clickhouse-server": "clickhouse-server openssl",
    ...guest,
  },
  bench: { ...lab, tshark: "tshark" },
};

/** What systemd would start, by the package that brings it. */
const services = {
  "openssh-server": ["ssh.service", "ssh.socket"],
  "clickhouse-server": ["clickhouse-server.service"],
};

const say = (text) => process.stderr.write(`setup: ${text}\n`);
const stop = (text) => {
  say(text);
  process.exit(1);
};

/** Runs a command and stops with all that it said when it fails, unless the caller can go on without it. */
function run(argv, { otherwise = stop, ...options } = {}) {
  const result = spawnSync(argv[0], argv.slice(1), { cwd: root, encoding: "utf8", ...options });
  if (result.status === 0) return true;
  const said = [result.stdout, result.stderr, result.error?.message].filter(Boolean).join("\n").trim();
  otherwise(`${argv.join(" ")} failed:\n${said}`);
  return false;
}

/** What a command prints; nothing when it cannot be run. */
const read = ([command, ...words]) => spawnSync(command, words, { encoding: "utf8" }).stdout ?? "";

function isInstalled(command) {
  const folders = `${process.env.PATH ?? ""}:/usr/local/sbin:/usr/sbin:/sbin`.split(":");
  return folders.some((folder) => {
    try {
      accessSync(join(folder, command), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

function checkNode() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major < 20 || (major === 20 && minor < 19))
    stop(`Node 20.19 or later is needed, this is ${process.version}`);
}

const npm = process.env.npm_execpath ? [process.execPath, process.env.npm_execpath] : ["npm"];

/** What npm installed is compared with the lock file by content: times say nothing after a checkout. */
function installNodePackages() {
  const installed = join(root, "node_modules", ".package-lock.json");
  const read = (file) => JSON.parse(readFileSync(file, "utf8")).packages;
  if (existsSync(installed)) {
    const there = read(installed);
    const wanted = Object.entries(read(join(root, "package-lock.json")));
    const missing = ([path, entry]) =>
      path !== "" && !entry.optional && there[path]?.version !== entry.version;
    if (!wanted.some(missing)) return;
  }
  say("installing the npm packages (npm ci) …");
  run([...npm, "ci", "--loglevel=error"]);
}

/**
 * ClickHouse inside a process, by which the SQL for a cluster is judged. Not in the lock file: it is half a gigabyte that
 * only tests use, and its packages for other platforms are not in every registry, so that `npm ci` would refuse.
 */
function installJudgeOfSql() {
  if (existsSync(join(root, "node_modules", "chdb", "package.json"))) return;
  say("installing chdb for the tests of ClickHouse's SQL …");
  run([...npm, "install", "--no-save", "--loglevel=error", "chdb@3.4.0"], {
    otherwise: (why) => say(`tests that need it will be skipped: ${why}`),
  });
}

function installDebianPackages(commands) {
  const missing = Object.keys(commands).filter((command) => !isInstalled(command));
  if (missing.length === 0) return;
  const packages = [...new Set(missing.flatMap((command) => commands[command].split(" ")))];
  const apt = `apt-get install --no-install-recommends ${packages.join(" ")}`;
  // Tests that need a missing command are skipped by name; the demo cannot do without.
  const goOn =
    purpose === "test" ? "tests that need them will be skipped" : `the ${purpose} cannot run without them`;
  const giveUp = purpose === "test" ? say : stop;
  const lack = `missing: ${missing.join(", ")}; ${goOn}.`;
  if (!isInstalled("apt-get")) return giveUp(`${lack} Install them with this system's package manager.`);
  if (process.getuid() !== 0) return giveUp(`${lack} As root: ${apt}`);
  say(`installing ${packages.join(", ")} …`);
  const options = {
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
    otherwise: (why) => giveUp(`${lack}\n${why}`),
  };
  const wait = ["-q", "-y", "-o", "DPkg::Lock::Timeout=300"];
  withoutStartingServices(() => {
    if (run(["apt-get", ...wait, "update"], options)) {
      run(["apt-get", ...wait, "install", "--no-install-recommends", ...packages], options);
    }
  });
  for (const [name, units] of Object.entries(services)) {
    // Nor at the next boot: the tests start servers of their own, and this machine did not ask for one.
    if (packages.includes(name) && isInstalled("systemctl"))
      run(["systemctl", "disable", "--quiet", ...units], { otherwise: say });
  }
}

/**
 * Debian's kernel for virtual machines, unpacked where only the tests look for it: installed, it would become a kernel of
 * this machine.
 */
function unpackGuestKernel() {
  const folder = join(root, "node_modules", ".cache", "guest-kernel");
  if (process.arch !== "x64" || existsSync(folder)) return;
  const otherwise = (why) => say(`tests that need it will be skipped: ${why}`);
  const [name] = read(["apt-cache", "depends", "linux-image-cloud-amd64"]).match(/linux-image-\d\S*/) ?? [];
  if (name === undefined) return otherwise("apt knows no linux-image-cloud-amd64");
  try {
    mkdirSync(dirname(folder), { recursive: true });
  } catch (error) {
    return otherwise(error.message);
  }
  say(`unpacking ${name} for the tests of a firewall in a virtual machine …`);
  const work = mkdtempSync(join(tmpdir(), "sluice-kernel-"));
  // apt downloads as a user of its own, where it may.
  chmodSync(work, 0o777);
  const part = `${folder}.part`;
  if (run(["apt-get", "-q", "download", name], { cwd: work, otherwise })) {
    const [archive] = readdirSync(work);
    // Renamed when it is whole: a folder that is there is taken for it.
    if (run(["dpkg", "-x", join(work, archive), part], { otherwise })) renameSync(part, folder);
  }
  rmSync(work, { recursive: true });
}

/**
 * Debian starts a server as soon as its package is installed, and asks /usr/sbin/policy-rc.d first; 101 forbids it
 * (invoke-rc.d(8)). A machine that has a policy of its own keeps it.
 */
function withoutStartingServices(install) {
  const policy = "/usr/sbin/policy-rc.d";
  if (existsSync(policy)) return install();
  writeFileSync(policy, "#!/bin/sh\nexit 101\n", { mode: 0o755 });
  const remove = () => rmSync(policy, { force: true });
  process.on("exit", remove);
  install();
  remove();
  process.off("exit", remove);
}

/** dist/ is what the `sluice` command and the lab's programs run from. */
function build() {
  const stamp = join(root, "dist", ".built");
  const sources = ["src", "targets", "bench"].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true }).map((name) => join(root, folder, name)),
  );
  const settings = ["tsconfig.json", "tsconfig.build.json", "tools/bundle.mjs", "package-lock.json"];
  const inputs = [...sources, ...settings.map((name) => join(root, name))];
  const builtAt = existsSync(stamp) ? statSync(stamp).mtimeMs : 0;
  if (inputs.every((file) => statSync(file).mtimeMs < builtAt)) return;
  say("building dist/ …");
  const started = new Date();
  run([...npm, "run", "--silent", "build"]);
  writeFileSync(stamp, "");
  utimesSync(stamp, started, started);
}

if (!Object.hasOwn(needs, purpose)) stop("usage: node tools/setup.mjs demo|test|bench");
checkNode();
installNodePackages();
if (purpose === "test") installJudgeOfSql();
installDebianPackages(needs[purpose]);
if (purpose === "test") unpackGuestKernel();
build();
