import { alwaysEnds, criterionTypeNames, criterionTypes } from "../../src/policy/criterion-types.ts";

/** The page of the abort criteria, made from the data that the reader of site files and the judge use. */
export const criteriaPage = (): string =>
  [
    "# What ends a trial",
    "",
    "Made by `npx vitest run test/rollout/criteria-table.test.ts --update` from `src/policy/criterion-types.ts`.",
    "",
    "A criterion stands under `criteria` of the site file, or of a conduit, in the grammar of Argo Rollouts and Kayenta:",
    "`type`, `interval`, `failure-limit` (in all) and `consecutive-limit` (in a row), `on-no-data` (`fail`, `hold` or `ignore`),",
    "`severity` (`abort`, `hold` or `warn`) and `mode` (`active` or `dry-run`). What is not known is never success.",
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
    "A criterion that is tripped already, or has nothing to say, before a trial is armed blocks arming. Probes are traffic of",
    "Sluice's own: the reader refuses one into a zone of SL-T 3 or 4 unless `high-target-accepted` says why. A command runs",
    "with its words as they are, without a shell, and ends as monitoring plugins do: 0 is well, 1 and 2 are not, any other end",
    "says nothing. A file that was not written for longer than `stale-after` says nothing either.",
    "",
    "`sluice watch` and `sluice status` keep a sample of every conduit that is only monitored, beside the journal. `sluice plan`",
    "judges them, and the plan says how often each criterion would have tripped; probes, signals, hosts and sessions are in no",
    'sample, and stay "not recorded".',
    "",
    "UNPROVEN: on pfSense the counters of a permit are summed over its flows, so that one that fell silent hides behind the",
    "others, and no real pfSense has answered what `conntrack-pressure` and `ha-event` ask of it.",
    "",
  ].join("\n");
