import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Reading } from "../../../src/compile/reading.ts";
import { formatPacket } from "../../../src/net/packet.ts";
import { createReadings } from "../../../src/verify/readings.ts";
import { readForeign } from "../../../targets/nftables/foreign/read.ts";
import { unlimited } from "../../support/policies.ts";
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

const read = (text: string, file: string): Reading => {
  const { value, diagnostics } = readForeign(text, file);
  if (!value) throw new Error(JSON.stringify(diagnostics));
  return value;
};

/** What must and what may pass is the same; a packet that shows where it is not. */
function disagreement(one: Reading, other: Reading): string | undefined {
  const readings = createReadings([one, other], [], [], unlimited);
  const packet = readings.apart(one, other);
  return packet && formatPacket(packet);
}

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
        const packet = disagreement(read(forms.text, `${name} text`), read(forms.json, `${name} json`));
        return packet ? [`${name}: ${packet}`] : [];
      });
      expect(apart).toEqual([]);
      expect(compared).toBeGreaterThan(130);
    }, 120_000);
  },
);
