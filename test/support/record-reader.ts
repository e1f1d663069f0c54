import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import type { Baseline } from "../../src/baseline/flow.ts";
import { type Ended, sluice } from "./command.ts";
import type { RoutedPeers } from "./routed-peers.ts";

/** Runs a command line in a site folder as the engineer whose key it is. */
export const runAs = (identity: string, folder: string, line: string): Promise<Ended> =>
  sluice(folder, [...line.split(" "), "--identity", identity], undefined, () => new Date());

/** Reads the firewall once more; the flows by port, the sources, and what was said of the reading. */
export async function observedAs(identity: string, folder: string) {
  const { code, stderr } = await runAs(identity, folder, "observe --from fw1 -o baseline/fw1.json");
  if (code !== 0) throw new Error(stderr);
  const { flows, sources } = JSON.parse(readFileSync(join(folder, "baseline/fw1.json"), "utf8")) as Baseline;
  return { flow: (port: number) => flows.find((one) => one.port === port), sources, stderr };
}

/** Has the client ask so often in a session of its own. */
export async function talkOver(peers: RoutedPeers, port: 502 | 9999, requests: number): Promise<void> {
  const session = await peers.open(port);
  expect(session).toBeDefined();
  for (let turn = 0; turn < requests; turn += 1) expect(await peers.ask(session!)).toBe(true);
}
