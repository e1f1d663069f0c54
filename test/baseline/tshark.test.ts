import { execFileSync, spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { BaselineFlow } from "../../src/baseline/flow.ts";
import { formatProtocol } from "../../src/net/protocol.ts";
import { observeBytes } from "./support/observe.ts";
import { hasTraffic, readTraffic, traffic } from "./support/shared.ts";

const hasTshark = spawnSync("tshark", ["--version"]).status === 0;
const missing = [hasTshark ? "" : "tshark", hasTraffic ? "" : "../shared/data/traffic"].filter(Boolean);
const suffix = missing.length === 0 ? "" : ` [skipped: ${missing.join(" and ")} missing]`;

/** Two ends (`address:port`) in no order. */
interface Pair {
  readonly protocol: string;
  readonly ends: readonly [string, string];
}

function conversations(path: string): readonly Pair[] {
  return ["tcp", "udp", "sctp"].flatMap((protocol) => {
    const text = execFileSync("tshark", ["-n", "-r", path, "-q", "-z", `conv,${protocol}`], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
      maxBuffer: 1 << 28,
    });
    return [...text.matchAll(/^(\S+:\d+)\s+<->\s+(\S+:\d+)/gm)].map(
      ([, left, right]): Pair => ({ protocol, ends: [left!, right!] }),
    );
  });
}

/** Whether a conversation is one of a flow's: the flow does not keep the initiator's port. */
function belongs({ protocol, ends: [left, right] }: Pair, flow: BaselineFlow): boolean {
  const responder = `${flow.responder}:${flow.port}`;
  const initiator = `${flow.initiator}:`;
  return (
    protocol === formatProtocol(flow.protocol) &&
    ((left === responder && right.startsWith(initiator)) ||
      (right === responder && left.startsWith(initiator)))
  );
}

describe("tshark sees the same pairs talk", () => {
  const files = hasTraffic ? readdirSync(join(traffic, "pcap")) : ["every public capture"];
  test.skipIf(missing.length > 0).each(files)(`in %s${suffix}`, { timeout: 120_000 }, (file) => {
    const pairs = conversations(join(traffic, "pcap", file));
    const { flows } = observeBytes([readTraffic(`pcap/${file}`)]).baseline;
    const withPorts = flows.filter(({ port }) => port !== undefined);
    expect(pairs.filter((pair) => !withPorts.some((flow) => belongs(pair, flow)))).toEqual([]);
    expect(withPorts.filter((flow) => !pairs.some((pair) => belongs(pair, flow)))).toEqual([]);
    expect(pairs.length).toBeGreaterThan(0);
  });
});
