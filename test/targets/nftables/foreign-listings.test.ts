import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { describe, expect, test } from "vitest";
import { readJson } from "../../../targets/nftables/foreign/json.ts";
import { readForeign } from "../../../targets/nftables/foreign/read.ts";
import type { Listing, Step } from "../../../targets/nftables/foreign/syntax.ts";
import { readText } from "../../../targets/nftables/foreign/text.ts";
import { inNamespace, missingForNft } from "../../support/real-nft.ts";

const shared = "../shared/data/rulesets/nftables/upstream-tests-1.0.6";
const listings = (() => {
  try {
    return readdirSync(shared, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".nft"));
  } catch {
    return [];
  }
})();
const missing = listings.length === 0 ? `needs ${shared}` : missingForNft;

/** Both forms in which nft lists a text, or undefined where the text does not load here. */
function listed(text: string): { readonly text: string; readonly json: string } | undefined {
  const script =
    "ip link set lo up; ip link add d0 type dummy; nft -f - && nft list ruleset && echo ---- && nft -j list ruleset 2>/dev/null";
  const { code, stdout } = inNamespace(script, text);
  const [plain = "", json = ""] = stdout.split("----\n");
  return code === 0 ? { text: plain, json } : undefined;
}

/**
 * What a listing says, chain by chain, without places and without the names of what is not modelled. nft 1.0.6 leaves
 * out of its JSON that a table is dormant.
 */
function said({ tables }: Listing): unknown {
  return tables.map(({ family, name, chains, sets }) => ({
    table: `${family} ${name}`,
    chains: [...chains.values()].map((chain) => ({
      name: chain.name,
      base: chain.base,
      rules: chain.rules.map(({ steps }) => steps.map(nameless)),
    })),
    sets: [...sets].sort(([a], [b]) => (a < b ? -1 : 1)),
  }));
}

const nameless = (step: Step): unknown => (step.kind === "unmodelled" ? { ...step, construct: "" } : step);

describe.skipIf(missing)(
  missing ? `upstream's listings (skipped: ${missing})` : "upstream's listings",
  () => {
    test("are all 170 read, or refused with a place", () => {
      const refused = listings.flatMap((name) => {
        const { value, diagnostics } = readForeign(readFileSync(join(shared, name), "utf8"), name);
        return value ? [] : [`${name}:${diagnostics[0]!.span!.line}: ${diagnostics[0]!.message}`];
      });
      expect(listings.length).toBe(170);
      expect(refused).toEqual([]);
    });

    test("say the same as text and as JSON, both as the real nft lists them", () => {
      let compared = 0;
      const apart = listings.flatMap((name) => {
        const forms = listed(readFileSync(join(shared, name), "utf8"));
        if (!forms) return [];
        compared += 1;
        const [text, json] = [said(readText(forms.text, name)), said(readJson(forms.json, name))];
        return isDeepStrictEqual(text, json) ? [] : [{ name, text, json }];
      });
      expect(apart).toEqual([]);
      expect(compared).toBeGreaterThan(130);
    }, 120_000);
  },
);
