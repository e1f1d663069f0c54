import { describe, expect, test } from "vitest";
import {
  type Event,
  isFinal,
  isRunning,
  type Settings,
  type State,
  step,
} from "../../src/rollout/trial/machine.ts";
import { makeWorld, randomOf, type World } from "./world.ts";

const runs = 100_000;
const base = 20_260_301;

/** Plays one change against a world until it ends, or until the tool is killed at a random moment. */
function play(seed: number) {
  const random = randomOf(seed);
  const settings: Settings = {
    lease: 5 + Math.floor(random() * 20),
    soak: Math.floor(random() * 40),
    confirm: random() < 0.5 ? "by-another" : "after-soak",
  };
  const world = makeWorld(random, settings);
  const killedAfter = random() < 0.3 ? Math.floor(random() * 30) : Number.POSITIVE_INFINITY;
  const trail: string[] = [];
  let { state, effect } = step({ kind: "approved" }, { kind: "start" }, settings);
  for (let round = 0; !isFinal(state); round += 1) {
    if (round >= killedAfter) return { world, state, trail, killed: true };
    if (round > 3_000) throw new Error(`a dead end: ${trail.slice(-10).join(", ")}`);
    // Without something to do, a trial waits for its next moment; nothing else may be waited for.
    if (!effect && !isRunning(state)) throw new Error(`nothing leads on from ${state.kind}`);
    const event: Event = effect ? world.perform(effect) : world.idle();
    if (event.kind === "tick" && isRunning(state) && event.at >= state.endsBy) trail.push("late");
    ({ state, effect } = step(state, event, settings));
    trail.push(`${event.kind} -> ${state.kind}${effect ? ` (${effect.kind})` : ""}`);
    if (effect?.kind === "renew" && isRunning(state) && world.now >= state.endsBy) {
      world.broken.push("a lease was renewed after the end of its trial");
    }
  }
  return { world, state, trail, killed: false };
}

/** What must be true of the firewall when a change has ended so, or was left alone. */
function faults({
  world,
  state,
  killed,
}: {
  world: World;
  state: State;
  killed: boolean;
}): readonly string[] {
  const { firewall } = world;
  const wrong: string[] = [...world.broken];
  const demand = (holds: boolean, what: string): void => void (holds || wrong.push(what));
  if (!killed) {
    if (state.kind === "done") demand(firewall.stage === "confirmed", "done, and not confirmed");
    if (state.kind === "confirmed-not-persisted") {
      demand(
        firewall.stage === "confirmed" || firewall.wasRebooted,
        "not persisted, and not confirmed either",
      );
    }
    if (state.kind === "refused") demand(firewall.trialEnds === undefined, "refused, and a trial runs");
    if (state.kind === "refused") demand(!firewall.isLoaded, "refused, and something was changed");
    if (state.kind === "verified-back") {
      demand(firewall.stage === "previous" && firewall.trialEnds === undefined, "back, and it is not");
    }
  }
  world.leaveAlone();
  demand(firewall.trialEnds === undefined, "left alone, and a trial still runs");
  return wrong;
}

describe(`over ${runs.toLocaleString("en")} random changes (seeds from ${base})`, () => {
  const ends = new Map<string, number>();
  test("nothing changes before its undo is armed, all of them end, and what they end in is what runs", () => {
    for (let seed = base; seed < base + runs; seed += 1) {
      const played = play(seed);
      const wrong = faults(played);
      if (wrong.length > 0) throw new Error(`seed ${seed}: ${wrong.join("; ")}\n${played.trail.join("\n")}`);
      const end = played.killed ? "killed" : played.state.kind;
      ends.set(end, (ends.get(end) ?? 0) + 1);
    }
  }, 60_000);

  test("every end was reached often enough to mean something", () => {
    for (const end of [
      ...["done", "refused", "verified-back", "revert-unproven", "confirmed-not-persisted", "killed"],
    ]) {
      expect(ends.get(end), end).toBeGreaterThan(200);
    }
  });
});
