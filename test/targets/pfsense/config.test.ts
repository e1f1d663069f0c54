import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { rulesProgram } from "../../../src/compile/conduit-program.ts";
import type { ConduitRules } from "../../../src/compile/ir.ts";
import { mergeConfig } from "../../../targets/pfsense/config/merge.ts";
import { type ConfiguredConduit, readOwnConfig } from "../../../targets/pfsense/config/read.ts";
import { emit } from "../../../targets/pfsense/emit.ts";
import { type OwnRuleset, ownRules } from "../../../targets/pfsense/own-rules.ts";
import { parse } from "../../../targets/pfsense/parse.ts";
import { conduitRules, tcpPermit } from "../../support/rules.ts";
import { anyConduit } from "./arbitrary.ts";
import { difference } from "./meaning.ts";

const folder = "../shared/data/pfsense";
const realFiles = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(".xml")) : [];
const span = { file: "site.yaml", line: 1, column: 1, length: 1 };
const firewall = (...conduits: readonly ConduitRules[]): readonly OwnRuleset[] => conduits.map(ownRules);
const off = firewall();

const merge = (text: string, rules: readonly OwnRuleset[]): string => {
  const { value, diagnostics } = mergeConfig(text, "config.xml", rules);
  expect(diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
  return value!;
};
const codes = (text: string): readonly string[] =>
  mergeConfig(text, "config.xml", firewall(conduitRules("enforce"))).diagnostics.map(({ code }) => code);

/** A small configuration with what a human has in it, in the layout of pfSense. */
const config = (filter: string, aliases = "<aliases></aliases>", rest = ""): string =>
  `<?xml version="1.0"?>\n<pfsense>\n\t<version>22.9</version>\n\t${filter}\n\t${aliases}\n${rest}</pfsense>\n`;
const humanRule =
  "<rule>\n\t\t\t<id></id>\n\t\t\t<tracker>1545574416</tracker>\n\t\t\t<type>pass</type>\n\t\t\t<interface>lan</interface>\n\t\t\t<descr><![CDATA[<LAN> & to any 🏭]]></descr>\n\t\t</rule>";
const plain = config(
  `<filter>\n\t\t<separator>\n\t\t\t<wan></wan>\n\t\t</separator>\n\t\t${humanRule}\n\t</filter>`,
);

/** Anything that may stand in a configuration beside us. */
const anyConfig = fc
  .record({
    filter: fc.constantFrom(
      "",
      "<filter/>",
      "<filter />",
      "<filter></filter>",
      "<filter>\n\t</filter>",
      "<filter><!-- none --></filter>",
      "<filter> none<![CDATA[ <rule> ]]>\n</filter>",
      "<Filter><separator></separator></Filter>",
      `<filter>${humanRule}</filter>`,
      `<filter>\n\t\t<!-- mine -->\n\t\t${humanRule}\n\t\t<!-- also mine -->\n\t\t${humanRule}\n\t</filter>`,
      `<filter>\r\n\t\t<separator><wan/></separator>\r\n\t\t${humanRule}\r\n\t</filter>`,
    ),
    aliases: fc.constantFrom(
      "",
      "<aliases/>",
      "<aliases></aliases>",
      "<aliases>\n\t</aliases>",
      "<aliases><!-- none --> </aliases>",
      "<aliases>\n\t\t<alias><name>plcs</name><type>host</type><address>10.0.0.1</address></alias>\n\t</aliases>",
      "<aliases><alias><name>a</name></alias> <alias><name>b</name></alias></aliases>",
    ),
    rest: fc.constantFrom(
      "",
      "\t<nat><rule><tag>x</tag></rule></nat>\n",
      "<!-- 🏭 -->\t<notes>&lt;b&gt;</notes>\r\n",
    ),
  })
  .map(({ filter, aliases, rest }) => config(filter, aliases, rest));

describe("the confirmed ruleset in config.xml", () => {
  test("is what the reference shows", () => {
    const merged = merge(plain, firewall(conduitRules("monitor")));
    expect(merged).toContain(
      [
        "\t\t<rule>",
        "\t\t\t<id></id>",
        "\t\t\t<tracker>3832561667</tracker>",
        "\t\t\t<type>match</type>",
        "\t\t\t<interface></interface>",
        "\t\t\t<ipprotocol>inet</ipprotocol>",
        "\t\t\t<tag>sluice_dmz_cell1_ok</tag>",
        "\t\t\t<direction>in</direction>",
        "\t\t\t<floating>yes</floating>",
        "\t\t\t<disablereplyto></disablereplyto>",
        "\t\t\t<protocol>tcp</protocol>",
        "\t\t\t<tcpflags_any></tcpflags_any>",
        "\t\t\t<source>",
        "\t\t\t\t<address>10.20.1.10</address>",
        "\t\t\t</source>",
        "\t\t\t<destination>",
        "\t\t\t\t<address>10.10.1.10</address>",
        "\t\t\t\t<port>502</port>",
        "\t\t\t</destination>",
        "\t\t\t<descr><![CDATA[sluice:dmz-cell1:poll]]></descr>",
        "\t\t</rule>",
      ].join("\n"),
    );
  });

  test("stands above the human's rules and behind nothing else", () => {
    const merged = merge(plain, firewall(conduitRules("monitor")));
    expect(merged.indexOf("sluice:dmz-cell1:(judged)")).toBeLessThan(merged.indexOf("1545574416"));
    expect(merged.indexOf("<separator>")).toBeLessThan(merged.indexOf("sluice:dmz-cell1"));
  });

  test("differs between the stages in the type and the quick of the rest alone", () => {
    const [monitor, enforce] = (["monitor", "enforce"] as const).map((stage) =>
      merge(plain, firewall(conduitRules(stage))),
    );
    expect(
      enforce!.replaceAll("\t\t\t<quick>yes</quick>\n", "").replaceAll("<type>block", "<type>match"),
    ).toBe(monitor);
  });

  test("read back as pfSense generates it, means the same as the pf.conf and as the rules", () => {
    fc.assert(
      fc.property(anyConduit, anyConfig, (rules, text) => {
        const { value, diagnostics } = readOwnConfig(merge(text, firewall(rules)), "config.xml");
        expect(diagnostics).toEqual([]);
        expect(value!.conduits).toMatchObject([{ conduit: rules.conduit, faults: [] }]);
        const generated = value!.conduits[0]!.text;
        expect(value!.trackers).toEqual(
          [...emit({ firewall: "fw1", conduits: [rules] }).matchAll(/ridentifier (\d+)/g)].map(
            (found) => found[1],
          ),
        );
        const program = parse(generated, "rules.debug");
        expect(program.diagnostics).toEqual([]);
        expect(difference(program.value!, rulesProgram(rules, span))).toBeUndefined();
      }),
      { numRuns: 40 },
    );
  });

  test("goes into files with a byte order mark, HTML's names of characters, comments and CDATA", () => {
    for (const text of [
      `\ufeff${plain}`,
      plain.replace(
        "<version>",
        "<!-- <filter> --><note>B&uuml;ro &amp; Halle</note><x><![CDATA[</filter>]]></x><version>",
      ),
      plain.replaceAll("\n", "\r\n"),
      plain.replaceAll(/[\n\t]/g, ""),
    ]) {
      const merged = merge(text, firewall(conduitRules("enforce")));
      expect(readOwnConfig(merged, "config.xml").value!.conduits[0]!.faults).toEqual([]);
      expect(merge(merged, off)).toBe(text);
    }
  });

  const changes = (texts: fc.Arbitrary<string>): void =>
    fc.assert(
      fc.property(texts, anyConduit, anyConduit, (text, one, other) => {
        const monitor = merge(text, firewall({ ...one, stage: "monitor" }));
        expect(merge(monitor, firewall({ ...one, stage: "monitor" }))).toBe(monitor);
        const both = firewall(
          { ...one, stage: "enforce" },
          { ...other, conduit: "z" as ConduitRules["conduit"] },
        );
        const enforced = merge(monitor, both);
        expect(merge(enforced, both)).toBe(enforced);
        expect(enforced).toBe(merge(text, both));
        expect(merge(enforced, off)).toBe(text);
      }),
      { numRuns: 40 },
    );

  test("comes, changes, goes, and leaves every other byte as it was", () => changes(anyConfig));

  test.skipIf(realFiles.length === 0)(
    `does so in configurations of others (${folder})`,
    () => changes(fc.constantFrom(...realFiles.map((name) => readFileSync(join(folder, name), "utf8")))),
    60_000,
  );

  test("is found and taken out also where pfSense or a human moved it", () => {
    const merged = merge(plain, firewall(conduitRules("enforce")));
    const block = merged.slice(merged.indexOf("<rule>"), merged.indexOf(humanRule));
    const moved = merged.replace(block, "").replace("\n\t</filter>", `\n\t\t${block.trimEnd()}\n\t</filter>`);
    expect(merge(moved, off)).toBe(plain);
    const oneRule = block.slice(0, block.indexOf("</rule>") + 7);
    const within = plain.replace(humanRule, `${humanRule}\n\t\t${oneRule}\n\t\t${humanRule}`);
    expect(merge(within, off)).toBe(plain.replace(humanRule, `${humanRule}\n\t\t${humanRule}`));
  });

  test("has no element twice, and alias names of at most 31 characters of [A-Za-z0-9_]", () => {
    fc.assert(
      fc.property(anyConduit, (rules) => {
        const merged = merge(plain, firewall(rules));
        for (const [, fields] of merged.matchAll(/\t\t<(?:rule|alias)>\n([\s\S]*?)\n\t\t<\//g)) {
          const names = [...fields!.matchAll(/^\t\t\t<(\w+)>/gm)].map((found) => found[1]);
          expect(new Set(names).size).toBe(names.length);
        }
        for (const [, name] of merged.matchAll(/<name>(.*?)<\/name>/g))
          expect(name).toMatch(/^[A-Za-z0-9_]{1,31}$/);
      }),
      { numRuns: 20 },
    );
  });
});

describe("a configuration is refused", () => {
  const withRule = (fields: string): string =>
    plain.replace("<type>pass</type>", `<type>pass</type>${fields}`);

  test("whose rules use tags, unless they are disabled", () => {
    expect(codes(withRule("<tag>vpn</tag>"))).toEqual(["pfsense/tags-in-use"]);
    expect(codes(withRule("<tagged>vpn</tagged>"))).toEqual(["pfsense/tags-in-use"]);
    expect(codes(withRule("<tag></tag><tagged/>"))).toEqual([]);
    expect(codes(withRule("<disabled></disabled><tag>vpn</tag>"))).toEqual([]);
  });

  test("only before the first time: what is in can always be taken back", () => {
    const merged = merge(plain, firewall(conduitRules("enforce")));
    const tagged = (text: string): string =>
      text.replace("<tracker>1545574416<", "<tag>vpn</tag><tracker>1545574416<");
    const back = mergeConfig(tagged(merged), "config.xml", off);
    expect(back.value).toBe(tagged(plain));
    expect(back.diagnostics).toMatchObject([{ code: "pfsense/tags-in-use", severity: "warning" }]);
    expect(mergeConfig(tagged(merged), "config.xml", firewall(conduitRules("monitor"))).value).toContain(
      "<type>match",
    );
  });

  test("with a place, where a rule has one of our marks and not the other", () => {
    const { diagnostics } = mergeConfig(plain.replace("1545574416", "3221225472"), "config.xml", off);
    expect(diagnostics).toMatchObject([{ code: "pfsense/half-own", span: { line: 8, column: 3 } }]);
    expect(codes(plain.replace("<LAN> & to any 🏭", "sluice:dmz-cell1:poll"))).toEqual(["pfsense/half-own"]);
    const alias = "<aliases><alias><name>sluice_mine</name></alias></aliases>";
    expect(codes(plain.replace("<aliases></aliases>", alias))).toEqual(["pfsense/half-own"]);
  });

  test("that pfSense itself would not read", () => {
    expect(codes(plain.replace("</version>", "</versoin>"))).toEqual(["pfsense/not-xml"]);
    expect(codes("")).toEqual(["pfsense/not-xml"]);
    expect(codes("<opnsense></opnsense>")).toEqual(["pfsense/not-a-config"]);
    expect(codes(plain.replace("</filter>", "</filter><filter></filter>"))).toEqual(["pfsense/repeated"]);
    expect(codes(withRule("<type>block</type>"))).toEqual(["pfsense/repeated"]);
  });

  test("not for an alias of several addresses on the web", () => {
    const alias =
      "<aliases><alias><name>feeds</name><type>url</type><aliasurl>https://a.example</aliasurl><aliasurl>https://b.example</aliasurl></alias></aliases>";
    expect(codes(plain.replace("<aliases></aliases>", alias))).toEqual([]);
  });

  test("when filtering is off; a rule without state is a warning", () => {
    expect(codes(plain.replace("\t<filter>", "\t<system><disablefilter/></system><filter>"))).toEqual([
      "pfsense/filter-off",
    ]);
    expect(codes(withRule("<statetype>none</statetype>"))).toEqual(["pfsense/keeps-no-state"]);
  });
});

describe("what pfSense would make of a damaged rule of ours is found:", () => {
  const permits = [
    tcpPermit("poll", "10.20.1.10", "10.10.1.10"),
    {
      ...tcpPermit("range", "10.20.1.10", "10.10.1.10"),
      boxes: tcpPermit("range", "10.20.1.7-10.20.1.9", "10.10.1.10").boxes,
    },
  ];
  const merged = merge(plain, firewall(conduitRules("enforce", permits)));
  const outcome = (from: string | RegExp, to: string): string => {
    const damaged = merged.replace(from, to);
    expect(damaged).not.toBe(merged);
    const { value, diagnostics } = readOwnConfig(damaged, "config.xml");
    expect(diagnostics).toEqual([]);
    const [{ text, faults }] = value!.conduits as [ConfiguredConduit];
    if (faults[0]) return faults[0].code;
    const program = parse(text, "rules.debug");
    if (!program.value) return program.diagnostics[0]!.code;
    return difference(program.value, rulesProgram(conduitRules("enforce", permits), span)) ?? "equal";
  };

  test.each([
    [
      "a port without its protocol becomes a rule for every TCP port",
      /\t*<protocol>tcp<\/protocol>\n/,
      "",
      /^tcp 10\.20\.1\./,
    ],
    [
      "port 0, which PHP takes for no port, becomes every port",
      "<port>502</port>",
      "<port>0</port>",
      /^tcp 10\.20\.1\.\d+:\d+ -> 10\.10\.1\.10:\d+/,
    ],
    ["an unknown type becomes a pass", "<type>block</type>", "<type>deny</type>", "pfsense/foreign"],
    [
      "a rule that is disabled vanishes",
      /(<type>block<\/type>)/,
      "$1<disabled></disabled>",
      "pfsense/foreign-field",
    ],
    [
      "a rule with an unknown alias vanishes",
      /<address>sluice_\w+</,
      "<address>sluice_gone<",
      "pfsense/rule-vanishes",
    ],
    [
      "a rule with a port alias that is not there vanishes",
      "<port>502</port>",
      "<port>modbus</port>",
      "pfsense/rule-vanishes",
    ],
    [
      "an alias with a range is empty until it resolves",
      /10\.20\.1\.7\/32/,
      "10.20.1.7-10.20.1.9",
      "pfsense/foreign-alias",
    ],
    [
      "an alias with a host name is empty until it resolves",
      /10\.20\.1\.7\/32/,
      "plc.example",
      "pfsense/foreign-alias",
    ],
    ["an empty alias matches nothing", /10\.20\.1\.7\/32 10\.20\.1\.8\/31/, "", "pfsense/foreign-alias"],
    [
      "a gateway would send the packets elsewhere",
      /\t*<disablereplyto><\/disablereplyto>\n/,
      "",
      "pfsense/foreign-field",
    ],
    [
      "an interface that is not there",
      "<interface></interface>",
      "<interface>opt9</interface>",
      "pfsense/foreign-field",
    ],
    [
      "flags S/SA leave sessions that pf does not know",
      /\t*<tcpflags_any><\/tcpflags_any>\n/,
      "",
      /\(none\)$/,
    ],
    ["a tag condition that lost its not", /\t*<nottagged><\/nottagged>\n/, "", "pfsense/foreign"],
    [
      "another destination",
      "<address>10.10.1.10</address>",
      "<address>10.10.1.0/24</address>",
      /^tcp 10\.20\.1\./,
    ],
    [
      "a floating rule of a human stands above",
      "<rule>",
      "<rule><floating>yes</floating><descr>mine</descr></rule><rule>",
      "pfsense/not-first",
    ],
  ])("%s", (_name, from, to, expected) => {
    expect(outcome(from, to)).toMatch(expected);
  });
});
