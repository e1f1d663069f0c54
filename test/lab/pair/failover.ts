import { expect } from "vitest";
import type { Applying, PairBench } from "../../support/pair-bench.ts";

/**
 * In the middle of a pair's trial the standby takes over, and the primary again: what is permitted goes on, what is forbidden
 * stays cut, and an abort of one member takes both back.
 */
export async function failOverAndAbort(
  { sluice, peers }: PairBench,
  applying: Applying,
  { poll, forbidden }: Readonly<Record<"poll" | "forbidden", number>>,
): Promise<void> {
  peers.failover(1);
  expect(await peers.ask(poll)).toBe(true);
  expect(await peers.ask(forbidden)).toBe(false);
  expect(await peers.open(9999)).toBeUndefined();
  peers.failover(0);
  expect(await peers.ask(poll)).toBe(true);
  expect((await sluice("abort fw1")).code).toBe(0);
  const { code, stdout } = await applying.ended;
  expect(code).toBe(3);
  expect(stdout).toMatch(/on fw2 to enforce: back: .*the primary fw1[\s\S]*on fw1 to enforce: back: /);
}
