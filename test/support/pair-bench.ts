import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { targets } from "../../targets/index.ts";
import { type Cabled, cableTo } from "./cable.ts";
import { type Ended, sluice as runSluice } from "./command.ts";
import { type FirewallHost, missingForFirewall, startFirewallHost } from "./firewall-host.ts";
import { missingForIptables, startIptablesHost } from "./iptables-host.ts";
import { localSession } from "./local-session.ts";
import { pollPermit } from "./poll-permit.ts";
import { type PairedPeers, pairedPeers } from "./routed-peers.ts";
import { makeKey, missingForSshd } from "./sshd.ts";

/** The firewalls that a pair may be made of, by the name of their target. */
const kinds = {
  nftables: { missing: missingForFirewall, start: startFirewallHost, boot: "nft -f" },
  iptables: { missing: missingForIptables, start: () => startIptablesHost("nft"), boot: "sh" },
} as const;
export type PairKind = keyof typeof kinds;

/** What a test with a pair needs, or undefined when all of it is here. */
export const missingForPair = (kind: PairKind): string | undefined => kinds[kind].missing ?? missingForSshd;

/** One of the two: fw1 is the primary, fw2 the standby. */
export type MemberIndex = 0 | 1;

/** Two real firewalls side by side, a session that polls through them, and an engineer's folder. */
export interface PairBench {
  readonly kind: PairKind;
  readonly hosts: readonly [FirewallHost, FirewallHost];
  /** The engineer's way to each. */
  readonly cables: readonly [Cabled, Cabled];
  readonly peers: PairedPeers;
  readonly folder: string;
  /** Runs a command in this process. */
  sluice(line: string, who?: string): Promise<Ended>;
  /** `fw1 dmz-cell1 trial enforce` and the like of every firewall that answers. */
  stages(): Promise<readonly string[]>;
  /** Has olaf approve plans; rejects when that is refused. */
  approve(...files: readonly string[]): Promise<void>;
  /** Polls that had no answer so far, of the session that was open from the beginning. */
  missed(): number;
  stop(): Promise<void>;
}

interface Settings {
  /** Seconds, of the primary's trials. */
  readonly lease?: number;
  /** More criteria, a line each. */
  readonly criteria?: string;
}

export async function startPair(kind: PairKind, settings: Settings = {}): Promise<PairBench> {
  const hosts = [kinds[kind].start(), kinds[kind].start()] as const;
  const peers = await pairedPeers(hosts);
  const cables = [await cableTo(hosts[0]), await cableTo(hosts[1])] as const;
  const folder = mkdtempSync(join(tmpdir(), "sluice-site-"));
  mkdirSync(join(folder, "baseline"));
  for (const name of ["eva", "olaf"]) makeKey(join(folder, name));
  for (const { sshd } of cables)
    appendFileSync(join(sshd.folder, "authorized_keys"), readFileSync(join(folder, "eva.pub")));
  writeFileSync(join(folder, "baseline/seen.json"), JSON.stringify(baseline));
  writeFileSync(join(folder, "site.yaml"), siteText(kind, folder, hosts, cables, settings));
  const polling = pollEvery(peers, (await peers.open(502))!);
  const sluice = (line: string, who = "eva"): Promise<Ended> => {
    const identity = line.startsWith("journal") ? [] : ["--identity", join(folder, who)];
    return runSluice(folder, [...line.split(" "), ...identity], undefined, () => new Date());
  };
  return {
    ...{ kind, hosts, cables, peers, folder, sluice },
    async stages() {
      const { stdout } = await sluice("status --json");
      const { firewalls } = JSON.parse(stdout) as { firewalls: readonly Status[] };
      return firewalls.flatMap(({ firewall, live }) =>
        (live?.conduits ?? []).map((conduit) => `${firewall} ${stageText(conduit)}`),
      );
    },
    async approve(...files) {
      const { code, stderr } = await sluice(`approve ${files.join(" ")}`, "olaf");
      if (code !== 0) throw new Error(stderr);
    },
    missed: polling.missed,
    async stop() {
      await polling.stop();
      peers.stop();
      for (const cable of cables) cable.stop();
      for (const host of hosts) host.stop();
      rmSync(folder, { recursive: true });
    },
  };
}

/** What a member does, read at its own console: no cable, no sshd. */
export async function atConsole({ kind, hosts }: PairBench, index: MemberIndex): Promise<readonly string[]> {
  const { prefix, paths } = hosts[index];
  const { conduits } = await targets.get(kind)!.driver(localSession(prefix), paths).read();
  return conduits.map(stageText);
}

/**
 * Cuts a member's power and starts it again: what ran there is gone, with every rule, session and lock that its kernel held, and
 * what is in its boot file is loaded before it forwards. Its cables and addresses stay.
 */
export function reboot({ kind, hosts }: PairBench, index: MemberIndex): void {
  const { paths, run } = hosts[index];
  run(`set -e
    sysctl -qw net.ipv4.ip_forward=0
    for process in /proc/[0-9]*; do
      if [ "$(readlink "$process/ns/net")" != "$(readlink /proc/self/ns/net)" ]; then continue; fi
      case "$(tr '\\0' ' ' < "$process/cmdline")" in
        "sleep infinity "* | *"sshd -D "* | "sh -c set -e"* | "") ;;
        *) kill -9 "\${process#/proc/}" ;;
      esac
    done 2> /dev/null
    umount -l /run; mount -t tmpfs none /run; mkdir /run/sshd
    ${kinds[kind].boot} ${paths.bootEntry}
    conntrack -F 2> /dev/null
    sysctl -qw net.ipv4.ip_forward=1`);
}

/** A change of both members that is carried out. */
export interface Applying {
  readonly ended: Promise<Ended>;
  /** Resolves when the change of a member has come to a state, by the journal; rejects when apply ends before. */
  reached(firewall: "fw1" | "fw2", state: string): Promise<void>;
}

/** Starts an apply; `line` has its plans and flags. */
export function startApply({ sluice, folder }: PairBench, line: string): Applying {
  const file = join(folder, "journal.jsonl");
  // Read often, so not as a chain whose links are checked.
  const lines = (): readonly string[] => readFileSync(file, { encoding: "utf8", flag: "a+" }).split("\n");
  const before = lines().length - 1;
  const ended = sluice(`apply ${line}`);
  let early: Ended | undefined;
  void ended.then((end) => {
    early = end;
  });
  return {
    ended,
    async reached(firewall, state) {
      const isIt = (text: string): boolean =>
        text.includes(`"firewall":"${firewall}"`) && text.includes(`"action":"${state}"`);
      while (!lines().slice(before).some(isIt)) {
        if (early)
          throw new Error(`it ended before ${firewall} came to ${state}: ${early.stdout}${early.stderr}`);
        await sleep(20);
      }
    },
  };
}

interface Status {
  readonly firewall: string;
  readonly live?: { readonly conduits: readonly Stage[] };
}
interface Stage {
  readonly conduit: string;
  readonly stage: string;
  readonly trial?: object;
}
const stageText = ({ conduit, stage, trial }: Stage): string => `${conduit} ${trial ? "trial " : ""}${stage}`;

/** Asks in a session all the time, as the process does, and counts the requests that had no answer. */
function pollEvery(
  peers: PairedPeers,
  session: number,
): { readonly missed: () => number; stop(): Promise<void> } {
  let [missed, running] = [0, true];
  const loop = (async () => {
    while (running) {
      if (!(await peers.ask(session))) missed += 1;
      await sleep(100);
    }
  })();
  return {
    missed: () => missed,
    async stop() {
      running = false;
      await loop;
    },
  };
}

const firewallText = (kind: PairKind, index: MemberIndex, host: FirewallHost, cable: Cabled): string => `
  fw${index + 1}:
    target: ${kind}
    address: 127.0.0.1
    ssh: { user: root, port: ${cable.port}, host-keys: ["${cable.sshd.hostKey}"] }
    boot-file: ${host.paths.bootFile}
    boot-entry: ${host.paths.bootEntry}
    high-availability: { peer: fw${2 - index}, role: ${index === 0 ? "primary" : "standby"} }`;

function siteText(
  kind: PairKind,
  folder: string,
  hosts: PairBench["hosts"],
  cables: PairBench["cables"],
  { lease = 10, criteria = "" }: Settings,
): string {
  const key = (name: string): string => readFileSync(join(folder, `${name}.pub`), "utf8").trim();
  return `sluice: 1
site: { name: Test, timezone: UTC }
people:
  eva: { name: Eva, roles: [engineer, operator], keys: ["${key("eva")}"] }
  olaf: { name: Olaf, roles: [approver], keys: ["${key("olaf")}"] }
zones:
  dmz: { level: 3, sl-target: 2, networks: [10.20.1.0/24] }
  cell1: { level: 1, sl-target: 2, networks: [10.10.1.0/24] }
  cell2: { level: 1, sl-target: 2, networks: [10.10.2.0/24] }
conduits:
  dmz-cell1:
    zones: [dmz, cell1]
    firewalls: [fw1, fw2]
${pollPermit}
        critical: true
    denied:
      rest: { initiators: [10.20.1.10], responders: [10.10.1.10], services: [tcp/9999], reason: Nobody needs it. }
  dmz-cell2:
    zones: [dmz, cell2]
    firewalls: [fw1, fw2]
    permits:
      poll: { initiators: [10.20.1.10], responders: [10.10.2.10], services: [tcp/502], reason: It is to come. }
firewalls:${firewallText(kind, 0, hosts[0], cables[0])}${firewallText(kind, 1, hosts[1], cables[1])}
criteria:
  dropped: { type: flow-dropped, interval: 1s }
${criteria}approvals:
  monitor: { count: 1, roles: [approver] }
  enforce: { count: 1, roles: [approver] }
trial: { lease: ${lease}s, renew-every: 1s, soak: 2s, maximum: 1m, reserve: 1s }
`;
}

const baseline = {
  schema: "sluice/baseline",
  version: 1,
  sources: [],
  flows: [
    {
      ...{ family: 4, initiator: "10.20.1.10", responder: "10.10.1.10", protocol: 6, port: 502 },
      ...{ connections: 1, packets: 100, bytes: 8000, evidence: "syn", confidence: 1, answered: true },
      firstSeen: "2026-03-01T00:00:00.000Z",
      lastSeen: "2026-03-01T01:00:00.000Z",
    },
  ],
};
