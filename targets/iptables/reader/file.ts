import { createRangeReader, type Family } from "../../../src/net/address.ts";
import { createLines, isQuotedOddly, type Line, Refusal } from "./lines.ts";
import { type RuleSyntax, readRule } from "./rule.ts";

export interface FileSyntax {
  readonly file: string;
  /** Records by name, with their family. */
  readonly sets: ReadonlyMap<string, Family>;
  readonly chains: ReadonlySet<string>;
  readonly rules: readonly RuleSyntax[];
}

/**
 * Reads the one file of both restore tools: sets in comments of our own, then the table filter with our chains.
 * @throws {Refusal} at the first thing that is not of our form.
 */
export function readFile(text: string, file: string): FileSyntax {
  const sets = new Map<string, Family>();
  const chains = new Set<string>();
  const rules: RuleSyntax[] = [];
  const rangeOf = createRangeReader();
  const { line, open } = createLines(file);
  let place: "before" | "chains" | "rules" | "after" = "before";
  for (const [index, content] of text.split("\n").entries()) {
    const isSet = content.startsWith("#ipset ");
    if (content === "" || (content.startsWith("#") && !isSet)) continue;
    open(isSet ? content.slice("#ipset ".length) : content, index + 1);
    if (isQuotedOddly(content)) throw new Refusal("quotation marks enclose one whole word here", line.span);
    if (isSet && place === "before") {
      readSet(line, sets);
    } else if (content === "*filter" && place === "before") {
      place = "chains";
    } else if (content.startsWith(":") && place === "chains") {
      readChain(line, chains);
    } else if (content === "COMMIT" && (place === "chains" || place === "rules")) {
      place = "after";
    } else if (/^(-[46] )?-A /.test(content) && (place === "chains" || place === "rules")) {
      place = "rules";
      rules.push(readRule(line, rangeOf));
    } else {
      throw new Refusal(`this line is not what Sluice writes ${expected[place]}`, line.span);
    }
  }
  if (place !== "after") {
    const last = text.split("\n").length;
    throw new Refusal('the text ends before its line "COMMIT"', { file, line: last, column: 1, length: 1 });
  }
  return { file, sets, chains, rules };
}

const expected = {
  before: 'here: a line "#ipset create …" or "*filter"',
  chains: 'here: a chain (":SLUICE… - [0:0]"), a rule or "COMMIT"',
  rules: 'here: a rule ("-A SLUICE…") or "COMMIT"',
  after: 'behind "COMMIT"',
} as const;

/** The one kind of set that is ours; `hashsize`, `bucketsize` and `initval` are the kernel's own business. */
function readSet(line: Line, sets: Map<string, Family>): void {
  line.expect("create");
  const name = line.take("a set");
  if (!/^sluice-[ct]-[a-z0-9_-]+\.[ao]?[46]$/.test(name)) throw line.refuse(`"${name}" is not a set of ours`);
  if (sets.has(name)) {
    throw line.refuse(`the set "${name}" is there already: rename one of the conduits that share it`);
  }
  line.expect("hash:ip,port,ip", "family");
  const family = line.take("a family");
  if (family !== (name.endsWith("4") ? "inet" : "inet6"))
    throw line.refuse("this is not the family of its name");
  while (line.next !== undefined) {
    const option = line.take("an option");
    if (option === "counters") continue;
    if (!["maxelem", "timeout", "hashsize", "bucketsize", "initval"].includes(option)) {
      throw line.refuse(`"${option}" is not an option that Sluice gives its sets`);
    }
    if (!/^(\d+|0x[0-9a-f]+)$/.test(line.take("a number"))) throw line.refuse("expected a number");
  }
  sets.set(name, family === "inet" ? 4 : 6);
}

/** `:SLUICE… - [0:0]`. */
function readChain(line: Line, chains: Set<string>): void {
  const name = line.take("a chain").slice(1);
  if (!/^SLUICE[A-Za-z0-9._-]*$/.test(name) || name.length > 28) {
    throw line.refuse(`"${name}" is not a chain of ours: SLUICE… of at most 28 characters`);
  }
  if (chains.has(name)) {
    throw line.refuse(`the chain "${name}" is there already: rename one of the conduits that share it`);
  }
  line.expect("-");
  if (!/^\[\d+:\d+\]$/.test(line.take("counters"))) throw line.refuse("expected the chain's two counters");
  chains.add(name);
}
