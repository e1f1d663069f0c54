import type { Diagnostic, Outcome } from "../../src/diagnostics/diagnostic.ts";
import { parseAddress } from "../../src/net/address.ts";
import type { Service } from "../../src/net/service.ts";
import type { OwnRule, OwnRuleset, OwnTable, Side } from "./own-rules.ts";
import { protocolNumber } from "./pf/names.ts";

const tableLine = /^table <(\w+)> const \{ ([^{}]+) \}$/;
const ruleLine =
  /^(match in|match in log|block in log quick) (inet6?)(?: proto (\S+))? from (\S+) to (\S+)(?: port (\d+)(?::(\d+))?| icmp6?-type (\d+))?(?: flags any)? (tag|! tagged) "(\w+)" ridentifier (\d+) label "sluice:(\S+)" label "(\S+)"$/;

/**
 * Takes an emitted pf.conf apart again, line by line, so that its rules can be printed as elements of config.xml. What
 * comes of it is read back and compared with the text before it is used.
 */
export function readOwnText(text: string, file: string): Outcome<readonly OwnRuleset[]> {
  const conduits = new Map<string, Draft>();
  const tables: OwnTable[] = [];
  for (const [index, line] of text.split("\n").entries()) {
    const table = tableLine.exec(line);
    const rule = ruleLine.exec(line);
    if (table) tables.push({ name: table[1]!, prefixes: table[2]!.split(" ") });
    else if (rule) addRule(conduits, rule);
    else if (line !== "" && !line.startsWith("#"))
      return { diagnostics: [notEmitted(file, index + 1, line)] };
  }
  return { value: [...conduits.values()].map((draft) => ruleset(draft, tables)), diagnostics: [] };
}

interface Draft {
  readonly conduit: string;
  readonly tag: string;
  readonly rules: OwnRule[];
  stage: OwnRuleset["stage"];
}

function addRule(conduits: Map<string, Draft>, found: RegExpExecArray): void {
  const [, action, family, protocol, source, destination, port, lastPort, icmp] = found;
  const [tagging, tag, tracker, conduit, part] = found.slice(9) as [string, string, string, string, string];
  const draft = conduits.get(conduit) ?? { conduit, tag, rules: [], stage: "monitor" };
  conduits.set(conduit, draft);
  if (action === "block in log quick") draft.stage = "enforce";
  draft.rules.push({
    effect: tagging === "tag" ? "tag" : "deny",
    part,
    family: family === "inet6" ? 6 : 4,
    source: side(source!),
    destination: side(destination!),
    service: service(family === "inet6" ? 6 : 4, protocol, port, lastPort, icmp),
    tracker: Number(tracker),
  });
}

function service(
  family: 4 | 6,
  protocol: string | undefined,
  port: string | undefined,
  lastPort: string | undefined,
  icmp: string | undefined,
): Service {
  if (protocol === undefined) return { kind: "any" };
  if (icmp !== undefined) return { kind: "icmp", family, type: Number(icmp) };
  const number = protocolNumber(protocol)!;
  if (port === undefined) return { kind: "protocol", protocol: number };
  return { kind: "ports", protocol: number, from: Number(port), to: Number(lastPort ?? port) };
}

function side(text: string): Side {
  if (text === "any") return { kind: "any" };
  if (text === "(self)") return { kind: "self" };
  if (text.startsWith("<")) return { kind: "table", table: text.slice(1, -1) };
  parseAddress(text.split("/", 1)[0]!);
  return { kind: "prefix", prefix: text };
}

function ruleset({ conduit, tag, rules, stage }: Draft, tables: readonly OwnTable[]): OwnRuleset {
  const used = new Set(
    rules.flatMap((rule) =>
      [rule.source, rule.destination].map((one) => (one.kind === "table" ? one.table : "")),
    ),
  );
  return {
    conduit,
    stage,
    tag,
    tables: tables.filter(({ name }) => used.has(name)),
    groups: [{ heading: "", rules }],
  };
}

const notEmitted = (file: string, line: number, text: string): Diagnostic => ({
  code: "pfsense/not-emitted",
  severity: "error",
  message: "this line is not of a ruleset that Sluice wrote",
  span: { file, line, column: 1, length: text.length },
  fix: 'compile the ruleset again with "sluice compile"',
});
