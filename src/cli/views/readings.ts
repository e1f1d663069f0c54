import { printable } from "../../diagnostics/printable.ts";
import { table } from "../../diagnostics/text-table.ts";
import { formatPacket, type Packet } from "../../net/packet.ts";
import type { Meaning, RegionAnswers, RegionDifference } from "../../verify/import.ts";
import type { Answers, Dependence } from "../../verify/readings.ts";
import type { UnmodelledGroup } from "../foreign-file.ts";

const words = { accept: "accept", drop: "deny", unknown: "unknown" } as const;
const column = (heading: string) => ({ heading, align: "left" }) as const;

/** What each region gets, a line for each answer with a packet that gets it. */
export const answersText = (regions: readonly RegionAnswers[]): string =>
  table(
    ["FROM", "TO", "VERDICT", "OF", "FOR EXAMPLE"].map(column),
    regions.flatMap(({ from, to, answers }) => {
      const given = givenOf(answers);
      const share = given.length === 1 ? "all" : "some";
      return given.map(([answer, packet]) => {
        const why = answer === "unknown" && answers.depends ? `: ${dependenceText(answers.depends)}` : "";
        return [from, to, words[answer], share, `${formatPacket(packet)}${why}`];
      });
    }),
  );

const givenOf = (answers: Answers): readonly (readonly [keyof typeof words, Packet])[] =>
  (Object.keys(words) as (keyof typeof words)[]).flatMap((answer) =>
    answers[answer] ? [[answer, answers[answer]] as const] : [],
  );

/** By which interfaces a packet passes, where they alone decide: `it passes in eth1, eth2 and is denied in eth0`. */
function dependenceText({ packet, passes, dropped }: Dependence): string {
  const ends = (["ingress", "egress"] as const).filter((end) =>
    passes.every((one) => one[end] !== undefined && !dropped.some((other) => other[end] === one[end])),
  );
  const names = (ways: readonly Packet[]): string => {
    const [end] = ends;
    const texts = ways.map((way) =>
      end ? (way[end] ?? "") : formatPacket(way).slice(formatPacket(packet).length + 1),
    );
    const some = [...new Set(texts)].slice(0, 6);
    return `${end === undefined ? "" : end === "ingress" ? "in " : "out "}${some.join(", ")}${new Set(texts).size > 6 ? ", …" : ""}`;
  };
  return `depends on the interface, accept ${names(passes)}; deny ${names(dropped)}`;
}

export const changesText = (changes: readonly RegionDifference[]): string =>
  table(
    ["FROM", "TO", "CHANGE", "", "FOR EXAMPLE"].map(column),
    changes.flatMap(({ from, to, change, difference }) => {
      const shown = Object.entries(difference) as [string, Packet][];
      if (shown.length === 0) return [[from, to, change, "", ""]];
      return shown.map(([kind, packet]) => [from, to, change, kind, formatPacket(packet)]);
    }),
  );

/** Each construct that is not modelled: how often, and where first. */
export const unmodelledText = (groups: readonly UnmodelledGroup[]): string =>
  groups.length === 0
    ? "Everything in it is modelled.\n"
    : `Not modelled; where a verdict rests on it the answer is "unknown":\n${groups
        .map(
          ({ construct, count, first }) =>
            `  ${printable(`${construct}  ${count} times, first at ${first}`)}\n`,
        )
        .join("")}`;

/** What somebody who thinks the host is filtered must know. */
export const findings = ({ families }: Meaning): readonly string[] =>
  families
    .filter(({ answers }) => answers.accept && !answers.drop && !answers.unknown)
    .map(({ from }) => `${from} is open: nothing in these rulesets filters what is forwarded by ${from}`);

export const answersJson = (regions: readonly RegionAnswers[]) =>
  regions.map(({ from, to, answers }) => ({
    from,
    to,
    ...Object.fromEntries(givenOf(answers).map(([answer, packet]) => [words[answer], formatPacket(packet)])),
    ...(answers.depends && { "depends-on-interface": dependenceJson(answers.depends) }),
  }));

const dependenceJson = ({ packet, passes, dropped }: Dependence) => ({
  packet: formatPacket(packet),
  accept: passes.map(formatPacket),
  deny: dropped.map(formatPacket),
});

export const changesJson = (changes: readonly RegionDifference[]) =>
  changes.map(({ from, to, change, difference }) => ({
    from,
    to,
    change,
    ...Object.fromEntries(
      (Object.entries(difference) as [string, Packet][]).map(([kind, packet]) => [
        kind,
        formatPacket(packet),
      ]),
    ),
  }));
