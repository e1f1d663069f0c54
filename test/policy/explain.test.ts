import { describe, expect, test } from "vitest";
import { explainCheck, explainName, namesOf } from "../../src/policy/explain.ts";
import { changed, siteOf } from "./support/plant.ts";

const site = siteOf(
  changed((plant) => {
    Object.assign(plant.zones.cell.assets.plc, {
      ...{ role: "plc", vendor: "Acme", owner: "eva" },
      patch: { state: "behind", reason: "Waits for the shutdown.", controls: ["Locked cabinet."] },
    });
    plant.zones.dmz.assets.plc = { addresses: ["10.2.0.11"] };
    plant.conduits["dmz-cell"].permits.poll.responders = ["cell.plc"];
    plant.exceptions = {
      "old-plc": {
        ...{ asset: "cell.plc", reason: "No support.", owner: "eva" },
        ...{ expires: "2030-01-01", controls: ["Guards."] },
      },
    };
  }),
);

describe("a name is explained", () => {
  test("of a permit: who, what, why", () => {
    expect(explainName(site, "dmz-cell.poll")).toEqual([
      {
        kind: "permit",
        name: "dmz-cell.poll",
        rows: [
          ["conduit", "dmz-cell, on fw1"],
          ["from", "historian (10.2.0.10)"],
          ["to", "cell.plc (10.1.0.10)"],
          ["services", "tcp/502 (tcp:502)"],
          ["reason", "The historian polls process values."],
          ["owner", "eva"],
          ["evidence", "baseline/week.json"],
          ["marks", "critical"],
        ],
        span: site.conduits[0]!.permits[0]!.span,
      },
    ]);
  });

  test("of an asset: where, what, and who may ask whom", () => {
    expect(explainName(site, "cell.plc").map(({ rows }) => rows)).toEqual([
      [
        ["addresses", "10.1.0.10"],
        ["zone", "cell, level 1, SL-T 2"],
        ["what", "plc, Acme"],
        ["owner", "eva"],
        ["patches", "behind: Waits for the shutdown."],
        ["may ask", "nobody"],
        ["is asked by", "dmz-cell.poll"],
        ["exception", "old-plc: No support."],
      ],
    ]);
  });

  test("of a zone and of a conduit: what belongs to them", () => {
    expect(explainName(site, "cell").map(({ kind, rows }) => [kind, ...rows])).toEqual([
      [
        "zone",
        ["security", "level 1, SL-T 2"],
        ["networks", "10.1.0.0/24, fd00:1::/64"],
        ["assets", "plc, drive"],
        ["conduits", "dmz-cell"],
      ],
    ]);
    expect(explainName(site, "dmz-cell").map(({ kind, rows }) => [kind, ...rows])).toEqual([
      ["conduit", ["joins", "dmz and cell"], ["firewalls", "fw1"], ["permits", "poll"], ["denied", "none"]],
    ]);
  });

  test("that two assets bear, by both", () => {
    expect(explainName(site, "plc").map(({ name }) => name)).toEqual(["cell.plc", "dmz.plc"]);
  });

  test("of a check, with and without its prefix", () => {
    expect(explainCheck("expired")).toEqual(explainCheck("check/expired"));
    expect(explainCheck("expired")?.rows.at(-1)).toEqual(["severity", "error: cannot be silenced"]);
  });

  test("that nothing bears, by nothing", () => {
    expect(explainName(site, "dmz-cell.pool")).toEqual([]);
    expect(explainCheck("expird")).toBeUndefined();
  });

  test("and every name that there is, is", () => {
    expect(namesOf(site)).toContain("historian");
    expect(namesOf(site).filter((name) => explainName(site, name).length === 0)).toEqual([]);
  });
});
