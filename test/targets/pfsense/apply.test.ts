import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { sha256 } from "../../../src/digest.ts";
import { applyScript } from "../../../targets/pfsense/apply.ts";
import { emptyConfig, missingForPfsense, type PfsenseHost, startPfsenseHost } from "./pfsense-host.ts";

describe.skipIf(missingForPfsense)(
  missingForPfsense ? `the PHP that applies (skipped: needs ${missingForPfsense})` : "the PHP that applies",
  () => {
    let host: PfsenseHost;
    beforeEach(() => {
      host = startPfsenseHost();
    });
    afterEach(() => host.stop());

    const apply = (order: unknown): string => {
      host.write("order", typeof order === "string" ? order : JSON.stringify(order));
      host.write("script", applyScript);
      return host.run(`cd ${host.folder}; php -r "$(cat script)" < order 2>&1; echo "exit $?"`);
    };
    const order = (config: string, trackers = {}) => ({
      base: sha256(emptyConfig),
      config,
      trackers,
      note: "Sluice",
    });
    const ours = "<rule><tracker>3221225472</tracker><type>match</type><descr>sluice:c01:poll</descr></rule>";

    test("takes over rules and aliases, and nothing else of the file that it was given", () => {
      const config = emptyConfig.replace("<rule>", `${ours}<rule>`).replace("22.9", "99");
      expect(apply(order(config, { 3221225472: 1 }))).toBe("exit 0\n");
      expect(host.file("config.xml")).toContain("3221225472");
      expect(host.file("config.xml")).toContain("<version>22.9</version>");
    });

    test("does nothing when config.xml is not the file that the change was made for", () => {
      host.write("config.xml", `${emptyConfig}\n`);
      expect(apply(order(emptyConfig))).toMatch(/not the file that the change was made for\nexit 3/);
      expect(host.file("history")).toBeUndefined();
    });

    test("does nothing when pfSense cannot read the new file", () => {
      expect(apply(order("<pfsense>"))).toMatch(/cannot read the new configuration\nexit 4/);
      const repeated = emptyConfig.replace("<type>", "<type>block</type><type>");
      expect(apply(order(repeated))).toMatch(/exit 4/);
      expect(host.file("config.xml")).toBe(emptyConfig);
    });

    test.each([
      ["a rule that is missing", { 3221225472: 2 }],
      ["a rule that is one too many", {}],
    ])("puts the former rules back when %s is counted", (_name, trackers) => {
      expect(apply(order(emptyConfig.replace("<rule>", `${ours}<rule>`), trackers))).toMatch(/exit 5/);
      expect(host.file("config.xml")).not.toContain("3221225472");
      expect(host.file("main")).not.toContain("3221225472");
      expect(host.file("history")).toBe("Sluice\nSluice: put back\n");
    });

    test("never takes data for code", () => {
      const note = "'); system('touch pwned'); // $x <?php ?>";
      expect(apply({ ...order(emptyConfig), note })).toBe("exit 0\n");
      expect(host.file("history")).toBe(`${note}\n`);
      expect(host.run(`ls ${host.folder}`)).not.toContain("pwned");
      expect(apply("{ not json")).not.toMatch(/exit 0/);
    });
  },
);
