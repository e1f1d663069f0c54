import { createHash } from "node:crypto";
import type { Console } from "./terminal.ts";

/** One object of `nft --json`: by its kind, the object and where it belongs. */
type Listed = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/**
 * SHA-256 of the rules that the firewall's kernel holds, as its console lists them: all tables, without counters and
 * handles; without what ends by itself (locks, leases, the record of what no permit admits); and without what a trial
 * that ended left loaded, where no packet meets it.
 */
export async function rulesetHash(watcher: Console): Promise<string> {
  const text = await watcher.console("nft --json --stateless list ruleset");
  const { nftables } = JSON.parse(text) as { readonly nftables: readonly Listed[] };
  // Objects are listed in the order in which they were made, which means nothing; that of a chain's rules does, and
  // they keep it: their place is the same, and sorting is stable.
  const objects = nftables
    .filter((listed) => !ofTrial(listed))
    .map((listed) => ({ place: placeOf(listed), text: normalText(listed) }));
  objects.sort((a, b) => (a.place < b.place ? -1 : a.place > b.place ? 1 : 0));
  return createHash("sha256")
    .update(objects.map((object) => object.text).join("\n"))
    .digest("hex");
}

function placeOf(listed: Listed): string {
  const [[kind, { family, table, chain, name }]] = Object.entries(listed) as [[string, Listed[string]]];
  return [kind, family, table, chain ?? name].join(" ");
}

function ofTrial(listed: Listed): boolean {
  const [body] = Object.values(listed);
  return body?.table === "sluice" && /^t_/.test(String(body.chain ?? body.name));
}

function normalText(listed: Listed): string {
  const endsByItself = [(listed.set ?? listed.map)?.flags].flat().includes("timeout");
  return JSON.stringify(listed, (key, value: unknown) => {
    if (key === "handle" || (key === "elem" && endsByItself)) return undefined;
    // The kernel lists the members of a set in no order.
    return key === "elem" && Array.isArray(value)
      ? value.map((member) => JSON.stringify(member)).sort()
      : value;
  });
}
