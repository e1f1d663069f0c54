import { expect, test } from "vitest";
import {
  currentOf,
  damageToIndex,
  firstRing,
  keep,
  mendRing,
  parentOf,
  readRing,
  stateOfText,
  withCurrent,
  withPin,
  writeRing,
} from "../../src/rollout/known-good/known-good.ts";
import { conduitRules } from "../support/rules.ts";

const nothing = { firewall: "fw1", conduits: [] };
const monitor = { firewall: "fw1", conduits: [conduitRules("monitor")] };
const enforce = { firewall: "fw1", conduits: [conduitRules("enforce")] };

/** A host's folder of files, in memory. */
function folder() {
  const files = new Map<string, string>();
  return {
    files,
    readFile: async (name: string) => files.get(name),
    removeFile: async (name: string) => {
      files.delete(name);
    },
    undoByHand: (file: string) => [`load ${file}`],
    undoLasts: "for good" as const,
    writeFile: async (name: string, content: string) => {
      files.set(name, content);
    },
  };
}

test("the ring comes back from the host as it was written, ranges and all", async () => {
  const host = folder();
  const ring = keep(firstRing(nothing, undefined, undefined, "t0"), "p1", monitor, "text 2", "t1");
  await writeRing(host, ring, "nothing");
  expect(await readRing(host)).toEqual(ring);
  expect(host.files.get("known-good/0002.rules")).toBe("text 2");
});

test("before first contact there is no ring", async () => {
  expect(await readRing(folder())).toBeUndefined();
});

test("each known-good goes back to the one it came after, also after a rollback", () => {
  const first = firstRing(nothing, undefined, "boot", "t0");
  const second = keep(first, "p1", monitor, "monitor text", "t1");
  const third = keep(second, "p2", enforce, "enforce text", "t2");
  expect(parentOf(third)?.number).toBe(2);
  const back = withCurrent(third, parentOf(third)!);
  expect(currentOf(back).text).toBe("monitor text");
  const fourth = keep(back, "p3", enforce, "enforce text", "t3");
  expect([fourth.current, parentOf(fourth)?.number]).toEqual([4, 2]);
  expect(parentOf(first)).toBeUndefined();
});

test("the same plan is kept once, however often keeping is repeated", () => {
  const ring = keep(firstRing(nothing, undefined, undefined, "t0"), "p1", monitor, "text", "t1");
  expect(keep(ring, "p1", monitor, "text", "t2")).toBe(ring);
});

test("a first contact with nothing leaves a file that is as good as nothing", async () => {
  const host = folder();
  await writeRing(host, firstRing(nothing, undefined, undefined, "t0"), "absence");
  expect(host.files.get("known-good/0001.rules")).toBe("absence");
});

const [index, copy] = ["known-good/index.json", "known-good/index.copy.json"];

test("an index that is damaged, cut short or gone takes nothing away: its copy is read, told of, and mended from", async () => {
  const ring = keep(firstRing(nothing, undefined, undefined, "t0"), "p1", monitor, "text 2", "t1");
  for (const [name, state] of [
    [index, "changed"],
    [copy, "changed"],
    [index, "gone"],
    [copy, "gone"],
  ] as const) {
    const host = folder();
    await writeRing(host, ring, "absence");
    expect(await damageToIndex(host)).toBeUndefined();
    if (state === "gone") host.files.delete(name);
    else host.files.set(name, host.files.get(name)!.slice(0, -20));
    expect(await readRing(host)).toEqual(ring);
    expect(await damageToIndex(host)).toBe(`${name} on the firewall is ${state}`);
    await mendRing(host, ring, "absence");
    expect(await damageToIndex(host)).toBeUndefined();
  }
});

test("a ring of which index and copy were damaged on the host is refused", async () => {
  const host = folder();
  await writeRing(host, firstRing(nothing, undefined, undefined, "t0"), "absence");
  for (const name of [index, copy]) host.files.set(name, host.files.get(name)!.replace('"fw1"', '"fw2"'));
  await expect(readRing(host)).rejects.toThrow("damaged");
  host.files.delete(index);
  await expect(readRing(host)).rejects.toThrow("damaged");
});

test("the ring makes room for new ones, but never of the first, the current or a pinned one", async () => {
  const host = folder();
  let ring = firstRing(nothing, undefined, undefined, "t0");
  const add = async (plan: number): Promise<void> => {
    ring = keep(ring, `p${plan}`, monitor, `text ${plan}`, `t${plan}`);
    await writeRing(host, ring, "absence");
  };
  await writeRing(host, ring, "absence");
  for (let plan = 2; plan <= 5; plan += 1) await add(plan);
  ring = withPin(ring, 4, { by: "eva", time: "t", reason: "It ran through the audit." });
  for (let plan = 6; plan <= 20; plan += 1) await add(plan);
  expect(ring.entries.map(({ number }) => number)).toEqual([
    1, 4, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20,
  ]);
  // Who came after one that is gone comes after the one before it.
  expect(ring.entries.find(({ number }) => number === 9)?.parent).toBe(4);
  expect(ring.entries.find(({ number }) => number === 4)?.parent).toBe(1);
  const texts = [...host.files.keys()].filter((name) => name.endsWith(".rules"));
  expect(texts).toHaveLength(14);
  expect(host.files.has("known-good/0003.rules")).toBe(false);
  expect(await readRing(host)).toEqual(ring);
  expect(withPin(ring, 4, undefined).entries.every(({ pinned }) => pinned === undefined)).toBe(true);
});

test("a text that somebody changed or removed is seen, and written anew from the index", async () => {
  const host = folder();
  const ring = keep(firstRing(nothing, undefined, undefined, "t0"), "p2", monitor, "text 2", "t2");
  await writeRing(host, firstRing(nothing, undefined, undefined, "t0"), "absence");
  await writeRing(host, ring, "absence");
  host.files.set("known-good/0002.rules", "accept");
  host.files.delete("known-good/0001.rules");
  const states = () => Promise.all(ring.entries.map((entry) => stateOfText(host, entry, "absence")));
  expect(await states()).toEqual(["gone", "changed"]);
  await mendRing(host, ring, "absence");
  expect(await states()).toEqual(["whole", "whole"]);
});
