import { EngineError } from "../engine-error.ts";
import type { Ask } from "./ask.ts";
import { literal } from "./dialect.ts";

/** What an account is on a server. */
export interface Account {
  /** Of the server. */
  readonly version: string;
  /** What a question has to bring along so that its answer is whole. */
  readonly settings: Readonly<Record<string, string>>;
}

/** With other values a server leaves out rows, shards or groups, and its answer does not tell. */
const whole: Readonly<Record<string, string>> = {
  read_overflow_mode: "throw",
  read_overflow_mode_leaf: "throw",
  timeout_overflow_mode: "throw",
  timeout_overflow_mode_leaf: "throw",
  group_by_overflow_mode: "throw",
  sort_overflow_mode: "throw",
  result_overflow_mode: "throw",
  skip_unavailable_shards: "0",
  limit: "0",
  offset: "0",
};

/** What is good to have. A server need not know them, nor need an account be allowed to set them. */
const wished: Readonly<Record<string, string>> = {
  cancel_http_readonly_queries_on_client_close: "1",
  enable_http_compression: "1",
};

/**
 * Asks what an account may set and what its profile says. Reading needs no more than SELECT on the table; an account with `readonly =
 * 1` may bring no setting at all along, so that its profile has to be right by itself.
 * @throws {EngineError} when its answers might leave something out.
 */
export async function accountOf(ask: Ask): Promise<Account> {
  const names = ["readonly", ...Object.keys({ ...whole, ...wished })];
  const found = new Map<string, string>();
  let version = "";
  await ask(
    `SELECT name, value, version() AS version FROM system.settings WHERE name IN (${names.map(literal).join(", ")})`,
    (row) => {
      found.set(String(row.name), String(row.value));
      version = String(row.version);
    },
  );
  const differing = (wanted: Readonly<Record<string, string>>): readonly (readonly [string, string])[] =>
    Object.entries(wanted).filter(([name, value]) => found.has(name) && found.get(name) !== value);
  const level = found.get("readonly");
  if (level === undefined)
    throw new EngineError("the server does not say what the account may do (system.settings)");
  const partial = differing(whole);
  if (level === "1" && partial.length > 0)
    throw new EngineError(
      `the account's profile lets the server leave out what is too much for it, and tell nothing (${partial
        .map(([name]) => `${name} = ${found.get(name)}`)
        .join(", ")}), and as the account is readonly = 1 no question can ask for the whole: give it ${partial
        .map(([name, value]) => `${name} = ${value}`)
        .join(", ")}, or readonly = 2`,
    );
  const settings =
    level === "1"
      ? {}
      : // With 2 a question may bring settings along, and still changes nothing.
        Object.fromEntries([...partial, ...differing(wished), ...(level === "0" ? [["readonly", "2"]] : [])]);
  return { version, settings };
}
