import { alwaysEnds, criterionTypeNames, criterionTypes } from "../../src/policy/criterion-types.ts";

/** The page of the abort criteria, made from the data that the reader of site files and the judge use. */
export const criteriaPage = (): string =>
  [
    "# What ends a trial",
    "",
    "Made by `npx vitest run test/rollout/criteria-table.test.ts --update` from `src/policy/criterion-types.ts`.",
    "",
    "Criteria stand under `criteria` of the site file, or of a conduit, in the grammar of Argo Rollouts and Kayenta: `type`,",
    "`interval`, `failure-limit` (in all) and `consecutive-limit` (in a row), `on-no-data` (`fail`, `hold` or `ignore`), `severity`",
    "(`abort`, `hold` or `warn`) and `mode` (`active` or `dry-run`). What is not known never counts as success. [The site",
    "file](site-file.md#criteria) explains each key.",
    "",
    "| type | measured from | fails when | keys of its own |",
    "|---|---|---|---|",
    ...criterionTypeNames.map((name) => {
      const { source, failsWhen, parameters = [], needed = [] } = criterionTypes[name];
      const keys = parameters.map((key) => `\`${key}\`${needed.includes(key) ? " (needed)" : ""}`).join(", ");
      return `| \`${name}\` | ${source} | ${failsWhen} | ${keys} |`;
    }),
    "",
    "Whatever the site file says, a trial also ends by:",
    "",
    ...Object.entries(alwaysEnds).map(([what, how]) => `* ${what}: ${how}.`),
    "",
    "A criterion that has tripped, or has no data, before a trial is armed prevents arming.",
    "",
    "A probe is Sluice's own traffic: one into a zone of SL-T 3 or 4 is refused unless `high-target-accepted` gives a reason. A",
    "command is run without a shell, its words as they are written, and ends as monitoring plugins do: 0 is good, 1 and 2 are not,",
    "and any other exit code counts as no data. So does a file that is older than `stale-after`.",
    "",
    "`sluice watch` and `sluice status` keep a sample of every conduit in monitor, beside the journal. `sluice plan` judges these",
    "samples, and the plan says how often each criterion would have tripped. Samples hold no probes, signals, hosts or sessions;",
    'criteria on those are shown as "not recorded".',
    "",
    "UNPROVEN: on pfSense the counters of a permit are summed over its flows, so a silent flow can hide behind the others, and",
    "`conntrack-pressure` and `ha-event` have never been tested on a real pfSense.",
    "",
  ].join("\n");
