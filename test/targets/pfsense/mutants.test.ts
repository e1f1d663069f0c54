import { expect, test } from "vitest";
import { rulesProgram } from "../../../src/compile/conduit-program.ts";
import type { ConduitRules, PermitRules, Stage } from "../../../src/compile/ir.ts";
import { parseRange } from "../../../src/net/address.ts";
import type { Service } from "../../../src/net/service.ts";
import { emit } from "../../../targets/pfsense/emit.ts";
import { parse } from "../../../targets/pfsense/parse.ts";
import { pfsense } from "../../../targets/pfsense/target.ts";
import { judgePlantMutants } from "../../support/plant-mutants.ts";
import { conduitRules, tcpPermit } from "../../support/rules.ts";
import { difference } from "./meaning.ts";

const permit = (id: string, source: string, destination: string, service: Service): PermitRules => ({
  ...tcpPermit(id, "10.20.1.1", "10.10.1.1"),
  boxes: [{ source: parseRange(source), destination: parseRange(destination), service }],
});
/** Every kind of line: both families and directions, tables and single addresses, every kind of service. */
const permits = [
  permit("poll", "10.20.1.5-10.20.1.7", "10.10.1.10", { kind: "ports", protocol: 6, from: 502, to: 502 }),
  permit("io", "10.10.1.20", "10.20.1.20", { kind: "ports", protocol: 17, from: 2222, to: 2230 }),
  permit("ping", "10.20.1.30", "10.10.1.30", { kind: "icmp", family: 4, type: 8 }),
  permit("ping6", "fd00:20::5", "fd00:10::5", { kind: "icmp", family: 6, type: 128 }),
  permit("gre", "fd00:20::6", "fd00:10::6", { kind: "protocol", protocol: 47 }),
  permit("back6", "fd00:10::7", "fd00:20::7", { kind: "ports", protocol: 6, from: 443, to: 443 }),
  permit("all", "10.20.1.40", "10.10.1.40", { kind: "any" }),
];
const span = { file: "site.yaml", line: 1, column: 1, length: 1 };
const drawn = (stage: Stage): ConduitRules => conduitRules(stage, permits);

/** What a careless edit makes of a word. */
const replacements: Readonly<Record<string, readonly string[]>> = {
  match: ["pass", "block"],
  block: ["pass", "match", "block return"],
  in: ["out", ""],
  log: [""],
  quick: [""],
  inet: ["inet6", ""],
  inet6: ["inet", ""],
  tcp: ["udp", "icmp"],
  udp: ["tcp"],
  icmp: ["tcp", "ipv6-icmp"],
  "ipv6-icmp": ["icmp"],
  from: ["to"],
  to: ["from"],
  any: ["self", "10.20.1.5"],
  self: ["lan"],
  port: [""],
  flags: [""],
  tag: ["tagged", "! tagged", ""],
  tagged: ["tag"],
  "!": [""],
  "icmp-type": ["icmp6-type"],
  "icmp6-type": ["icmp-type"],
};

/** Numbers and addresses next to the right one; names that are not the right one. */
function wordsFor(word: string): readonly string[] {
  if (replacements[word]) return replacements[word];
  if (/^\d+$/.test(word)) return [`${Number(word) + 1}`, ""];
  if (/^\d+:\d+$/.test(word))
    return [word.replace(":", "-"), `${word.split(":")[0]!}`, `1:${word.split(":")[1]!}`];
  if (/^[0-9a-f.:]+(\/\d+)?$/.test(word)) {
    const [address, length] = word.split("/");
    return [
      `${address!.slice(0, -1)}${address!.endsWith("9") ? 8 : 9}`,
      length === undefined ? `${word}/30` : address!,
      "any",
      "10.20.1.5",
    ];
  }
  return word.startsWith("sluice_") ? [`${word}x`] : [];
}

interface Mutant {
  readonly text: string;
  readonly line: string;
  readonly change: string;
}

function mutantsOf(text: string): readonly Mutant[] {
  const lines = text.split("\n");
  return lines.flatMap((line, at): readonly Mutant[] => {
    if (line === "" || line.startsWith("#")) return [];
    const change = (replaced: readonly string[], name: string): Mutant => ({
      text: lines.toSpliced(at, 1, ...replaced).join("\n"),
      line,
      change: name,
    });
    const words = [...line.matchAll(/[^\s"<>(){}]+/g)].flatMap((word) =>
      wordsFor(word[0])
        .filter((other) => other !== word[0])
        .map((other) =>
          change(
            [line.slice(0, word.index) + other + line.slice(word.index + word[0].length)],
            `${word[0]} -> ${other}`,
          ),
        ),
    );
    return [change([], "removed"), ...words];
  });
}

/** Changes without a say in the verdict, and why: each is checked by the driver's normal form or is never emitted. */
const harmless: readonly { readonly why: string; readonly is: (mutant: Mutant) => boolean }[] = [
  { why: "the number of a rule names it in logs", is: ({ change }) => /^\d{10} -> \d/.test(change) },
  {
    why: "`block return` tells the sender and drops as well",
    is: ({ change }) => change === "block -> block return",
  },
  {
    why: "nothing is forwarded to the firewall itself",
    is: ({ line }) => line.includes('label "(firewall)"'),
  },
  { why: "no confirmed rules stand behind this text", is: ({ line }) => line.includes('label "(judged)"') },
  {
    why: "the addresses have one IP version",
    is: ({ change, line }) => /^inet6? -> $/.test(change) && !/(from|to) any/.test(line),
  },
];

test("every change of a token that changes the meaning is refused or shown with a packet", () => {
  const missed: string[] = [];
  let [seen, told] = [0, 0];
  for (const stage of ["monitor", "enforce"] as const) {
    const text = emit({ firewall: "fw1", conduits: [drawn(stage)] });
    const meant = rulesProgram(drawn(stage), span);
    for (const mutant of mutantsOf(text)) {
      seen += 1;
      const { value } = parse(mutant.text, "mutant.pf");
      if (!value || difference(value, meant)) told += 1;
      else if (!harmless.some(({ is }) => is(mutant))) missed.push(`${mutant.change}: ${mutant.line}`);
    }
  }
  expect(missed).toEqual([]);
  expect(seen).toBeGreaterThan(500);
  expect(told).toBeGreaterThan(400);
}, 60_000);

test("every change of meaning to the texts of the reference plants is refused or refuted", () => {
  const { seen, proved, untold } = judgePlantMutants(pfsense, mutantsOf, undefined, 500);
  expect(untold).toEqual([]);
  expect(seen).toBeGreaterThanOrEqual(500);
  expect(proved).toBeLessThan(seen / 2);
}, 120_000);
