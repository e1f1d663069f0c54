import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { describe, expect, test } from "vitest";
import type { Context } from "../../src/cli/context.ts";
import { plannedFrames } from "../../src/cli/frames.ts";
import { plannedRulesets } from "../../src/cli/rulesets.ts";
import { loadSite } from "../../src/cli/site-file.ts";
import type { Backend } from "../../src/compile/backend.ts";
import type { ConduitRules } from "../../src/compile/ir.ts";
import { mayBeWritten } from "../../src/verify/claims/claim.ts";
import { compileConduit, fileName } from "../../src/verify/compile.ts";
import { frameFaults, frameText } from "../../src/verify/frame.ts";
import { iptables } from "../../targets/iptables/target.ts";
import { mergeConfig } from "../../targets/pfsense/config/merge.ts";
import { ownRules } from "../../targets/pfsense/own-rules.ts";
import { pfsense } from "../../targets/pfsense/target.ts";
import { missingForIptables } from "../support/iptables-host.ts";
import { missingForNft } from "../support/real-nft.ts";

/**
 * Each plant under rulesets/ compiles to exactly the files beside it. `compiled/` is what `sluice compile` writes there,
 * and renews; the folders of the other targets are what it would write on such firewalls, and are renewed by
 * `npx vitest run test/golden --update`.
 */
const root = join(import.meta.dirname, "../../rulesets");
const plants = readdirSync(root).filter((name) => existsSync(join(root, name, "site.yaml")));
const others: readonly Backend[] = [iptables, pfsense];
const budget = { nodes: 1_000_000, outOfTime: () => false };

/** What pfSense keeps of the confirmed ruleset, as it would stand in a config.xml that had nothing else. */
function configFragment(rules: ConduitRules): string {
  const { value } = mergeConfig("<pfsense>\n</pfsense>\n", "config.xml", [ownRules(rules)]);
  return `<!-- UNPROVEN: no real pfSense has read this. -->\n${value}`;
}

const filesIn = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();

describe.each(plants)("the plant %s", (plant) => {
  const folder = join(root, plant);
  const context = { process, cwd: folder, now: () => new Date(0) } as unknown as Context;
  const loaded = loadSite(context, "site.yaml");
  const planned = plannedRulesets(context, loaded, [], undefined, join(folder, "compiled"));
  const frames = plannedFrames(planned);

  test.each(planned.map((one) => [relative(folder, one.file), one] as const))("compiles to %s", (_, one) => {
    const { ruleset } = compileConduit(one.order);
    const claims = ruleset!.claims.map(({ claim, result }) => `${claim}: ${result}`);
    expect(claims.slice(0, 3)).toEqual(["faithful: proved", "baseline-kept: proved", "nothing-more: proved"]);
    // The fourth is there where the site file asserts something about the conduit.
    expect(["asserted: proved", undefined]).toContain(claims[3]);
    expect(mayBeWritten(ruleset!.claims)).toBe(true);
    expect(ruleset!.text).toBe(readFileSync(one.file, "utf8"));
    expect(ruleset!.certificate).toEqual(JSON.parse(readFileSync(one.certificate, "utf8")));
  });

  test.each(frames.map((one) => [relative(folder, one.file), one] as const))(
    "has the frame %s, which touches no packet",
    (_, { target, firewall, file }) => {
      expect(frameText(target, firewall)).toBe(readFileSync(file, "utf8"));
      expect(frameFaults(target, frameText(target, firewall), file, budget)).toEqual([]);
    },
  );

  test("has no compiled file that belongs to nothing", () => {
    const known = [
      ...planned.flatMap(({ file, certificate }) => [file, certificate]),
      ...frames.map(({ file }) => file),
    ];
    expect(filesIn(join(folder, "compiled"))).toEqual(known.sort());
  });

  test.skipIf(missingForNft)(`has files that nft checks and loads ${missingForNft ?? ""}`, () => {
    const files = [...planned, ...frames].map(({ file }) => file);
    const script = 'for file; do nft -c -f "$file" && nft -f "$file"; done; nft delete table inet sluice';
    expect(inNamespace(script, files)).toEqual({ status: 0, stderr: "" });
  });

  describe.each(others.map((target) => [target.name, target] as const))("on %s", (name, target) => {
    const place = join(folder, `on-${name}`);
    const rulesets = planned.map(({ order, file }) => {
      const { ruleset } = compileConduit({ ...order, target });
      const own = join(place, order.firewall, fileName(order.conduit.id, order.stage, target));
      return { ...ruleset!, name: relative(dirname(dirname(file)), file), file: own };
    });
    const withFrames = plannedFrames(planned).map(({ firewall }) => ({
      text: frameText(target, firewall),
      file: join(place, firewall, `frame${target.extension}`),
    }));
    const fragments =
      target === pfsense
        ? rulesets.map(({ rules, file }) => ({
            text: configFragment(rules),
            file: `${file.slice(0, -target.extension.length)}.config.xml`,
          }))
        : [];
    const expected = [...rulesets, ...withFrames, ...fragments];

    test("has every claim of every ruleset proved, and frames that touch no packet", () => {
      for (const { claims } of rulesets) {
        expect(claims.length).toBeGreaterThanOrEqual(3);
        expect(claims.filter(({ result }) => result !== "proved")).toEqual([]);
      }
      for (const { text, file } of withFrames) expect(frameFaults(target, text, file, budget)).toEqual([]);
    });

    test("compiles to exactly the files of its folder", async () => {
      for (const { text, file } of expected) await expect(text).toMatchFileSnapshot(file);
      const known = new Set(expected.map(({ file }) => file));
      expect(filesIn(place).filter((file) => !known.has(file))).toEqual([]);
    });

    if (target !== iptables) return;
    test.skipIf(missingForIptables).each(["legacy", "nft"])(
      `has files that the restore tools of both families test and load: %s ${missingForIptables ?? ""}`,
      (variant) => {
        const script = `for file; do
          sed -n 's/^#ipset //p' "$file" | ipset -exist restore
          for version in ip ip6; do
            restore="\${version}tables-${variant}-restore --noflush"
            $restore --test < "$file" && $restore < "$file"
          done
        done`;
        const files = expected.map(({ file }) => file);
        expect(inNamespace(script, files)).toEqual({ status: 0, stderr: "" });
      },
      60_000,
    );
  });
});

test.skipIf(missingForNft ?? missingForIptables)("the commands of rulesets/README.md check its files", () => {
  const readme = readFileSync(join(root, "README.md"), "utf8");
  const blocks = [...readme.matchAll(/^```sh\n([\s\S]*?)^```/gm)].map(([, script]) => script!);
  expect(blocks.length).toBe(2);
  expect(inNamespace(`set -e\n${blocks.join("")}`, [])).toEqual({ status: 0, stderr: "" });
  expect(plants.filter((plant) => !readme.includes(`| \`${plant}\` |`))).toEqual([]);
});

test("there are plants to compile", () => {
  expect(plants).toContain("lab-plant");
});

/** In a network namespace of its own, with the files as arguments. */
function inNamespace(script: string, files: readonly string[]) {
  const words = ["--net", "sh", "-c", script, "sh", ...files];
  const { status, stderr } = spawnSync("unshare", words, { cwd: root, encoding: "utf8" });
  return { status, stderr };
}
