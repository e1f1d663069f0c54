import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize, relative } from "node:path";
import { describe, expect, test } from "vitest";

const root = join(import.meta.dirname, "..");

/** Rooms from the bottom up. A file may import its own room and the rooms of lower layers, never a neighbour's. */
const layers: readonly (readonly string[])[] = [
  ["src/net", "src/diagnostics", "src/digest.ts", "src/first-place.ts"],
  ["src/policy", "src/baseline", "src/inventory"],
  ["src/compile", "src/verify"],
  ["src/session.ts", "src/target.ts", "src/plan", "src/rollout", "src/report"],
  ["targets"],
  ["src/ssh", "src/engines", "src/lab", "src/cli"],
];
/** Within a layer, a room may use the rooms that stand before it. The two top layers are joined by the cli alone. */
const targetsMayImport = [
  "src/net",
  "src/diagnostics",
  "src/digest.ts",
  "src/baseline/flow.ts",
  "src/compile/ir.ts",
  "src/compile/legalise",
  "src/compile/meet.ts",
  "src/compile/program.ts",
  "src/compile/reading.ts",
  "src/compile/tcp-flags.ts",
  "src/session.ts",
  "src/target.ts",
  "targets/record-sum.ts",
  "targets/linux-boot-order.ts",
  "targets/linux-bridge.ts",
  "targets/linux-readings.ts",
  "targets/linux-sessions.ts",
  "targets/said.ts",
  "targets/held-state.ts",
  "targets/linux-guard",
  "targets/xt-targets.ts",
];

const files = ["src", "targets"].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => `${folder}/${name}`),
);

const sources = new Map(files.map((file) => [file, readFileSync(join(root, file), "utf8")]));
const specifiers = (file: string): readonly string[] =>
  [...sources.get(file)!.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*"([^"]+)"/g)].map((match) => match[1]!);
const imports = (file: string): readonly string[] =>
  specifiers(file)
    .filter((specifier) => specifier.startsWith("."))
    .map((specifier) => relative(root, normalize(join(root, dirname(file), specifier))));

const isIn = (file: string, room: string): boolean => file === room || file.startsWith(`${room}/`);
const place = (file: string): { readonly layer: number; readonly room: string } => {
  const layer = layers.findIndex((rooms) => rooms.some((room) => isIn(file, room)));
  return { layer, room: layers[layer]?.find((room) => isIn(file, room)) ?? "" };
};
const below = (layer: number): readonly string[] => files.filter((file) => place(file).layer < layer);

describe("the house", () => {
  test("every file has a room", () => {
    expect(files.filter((file) => place(file).layer < 0)).toEqual([]);
    expect(files.length).toBeGreaterThan(10);
  });

  test("imports go downwards, or to a room that stands before in the same layer", () => {
    const wrong = files.flatMap((file) =>
      imports(file)
        .filter((target) => {
          const [from, to] = [place(file), place(target)];
          const rooms = layers[from.layer] ?? [];
          return (
            to.layer > from.layer ||
            (to.layer === from.layer && rooms.indexOf(to.room) > rooms.indexOf(from.room))
          );
        })
        .map((target) => `${file} -> ${target}`),
    );
    expect(wrong).toEqual([]);
  });

  test("targets see the contracts and the packet, and never each other", () => {
    const wrong = files
      .filter((file) => file.startsWith("targets/") && file !== "targets/index.ts")
      .flatMap((file) =>
        imports(file)
          .filter((target) => {
            const own = dirname(file).split("/").slice(0, 2).join("/");
            return !isIn(target, own) && !targetsMayImport.some((room) => isIn(target, room));
          })
          .map((target) => `${file} -> ${target}`),
      );
    expect(wrong).toEqual([]);
  });

  test("no import cycle exists", () => {
    const done = new Set<string>();
    const cycles: string[] = [];
    const visit = (file: string, path: readonly string[]): void => {
      if (path.includes(file)) {
        cycles.push([...path.slice(path.indexOf(file)), file].join(" -> "));
        return;
      }
      if (done.has(file) || !sources.has(file)) return;
      for (const target of imports(file)) visit(target, [...path, file]);
      done.add(file);
    };
    for (const file of files) visit(file, []);
    expect(cycles).toEqual([]);
  });

  test("below the top layer nothing does IO, reads a clock, draws randomness or prints", () => {
    const forbidden =
      /\bfrom "node:(?!crypto"|buffer"|util")|\bprocess\.\w|\bconsole\.\w|\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|\bsetTimeout\(|\brandomBytes\(|\brandomUUID\(/;
    expect(below(5).filter((file) => forbidden.test(sources.get(file)!))).toEqual([]);
  });

  test("no firewall product is named below the targets", () => {
    const names = /\b(nftables|nft|iptables|ip6tables|pfsense|pfctl)\b/i;
    expect(below(4).filter((file) => names.test(sources.get(file)!))).toEqual([]);
  });

  test("only src/ssh uses ssh2", () => {
    const users = files.filter((file) => specifiers(file).includes("ssh2"));
    expect(users.filter((file) => !file.startsWith("src/ssh/"))).toEqual([]);
  });
});
