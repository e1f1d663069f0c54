import type { SignedHead } from "../../rollout/journal-head.ts";
import type { EvidenceChange } from "./evidence.ts";

/** One thing that an auditor verifies: why, the words to type in the folder of the bundle, and what they must print. */
export interface AuditCheck {
  readonly title: string;
  readonly commands: readonly string[];
  readonly expected: string;
}

/** Everything that can be verified of a bundle with sha256sum and ssh-keygen alone. */
export const auditChecks = (
  changes: readonly EvidenceChange[],
  heads: readonly SignedHead[],
): readonly AuditCheck[] => [
  {
    title: "No file of this bundle was changed",
    commands: ["sha256sum --check --quiet MANIFEST"],
    expected: "prints nothing and ends with 0",
  },
  ...changes.flatMap(changeChecks),
  {
    title: "The journal is one unbroken chain",
    commands: ["sh journal-chain.sh journal.jsonl"],
    expected: "ends with `chain is whole`",
  },
  ...heads.map(headCheck),
];

function changeChecks({ plan, approvals }: EvidenceChange): readonly AuditCheck[] {
  const folder = changeFolder(plan.id);
  const short = plan.id.slice(0, 16);
  return [
    {
      title: `Plan ${short}… is what its id says`,
      commands: [`echo '${plan.id}  ${folder}/plan.canonical.json' | sha256sum --check`],
      expected: "prints OK. plan.json is the same content, laid out for reading",
    },
    {
      title: `Plan ${short}…: the rules are those that were approved`,
      commands: [
        `echo '${plan.compiled.sha256}  ${folder}/trial.rules' | sha256sum --check`,
        `echo '${plan.boot.sha256}  ${folder}/after.rules' | sha256sum --check`,
        `grep -q '"sha256":"${plan.compiled.sha256}"' ${folder}/plan.canonical.json`,
        `grep -q '"sha256":"${plan.boot.sha256}"' ${folder}/plan.canonical.json`,
        `echo '${plan.site.sha256}  ${folder}/site.yaml' | sha256sum --check`,
      ],
      expected: "prints OK three times: trial, afterwards, site file",
    },
    {
      title: `Plan ${short}…: the approvals are over its id`,
      commands: [`grep -q '^sluice approval of plan ${plan.id}$' ${folder}/approval.txt`],
      expected: "ends with 0",
    },
    ...approvals.map(({ person }) => ({
      title: `Plan ${short}… was approved by ${person}`,
      commands: [
        `ssh-keygen -Y verify -f ${folder}/approvers -I ${person} -n sluice-approval@v1 -s ${folder}/approvals/${person}.sig < ${folder}/approval.txt`,
      ],
      expected: 'prints `Good "sluice-approval@v1" signature`',
    })),
  ];
}

function headCheck(head: SignedHead): AuditCheck {
  const name = headName(head);
  return {
    title: `The journal up to entry ${head.number} was signed by ${head.person}`,
    commands: [
      `ssh-keygen -Y verify -f journal-signers -I ${head.person} -n sluice-journal@v1 -s ${name}.sig < ${name}.txt`,
      `sed -n '${head.number}p' journal.jsonl | grep -q '"hash":"${head.hash}"'`,
    ],
    expected: 'prints `Good "sluice-journal@v1" signature` and ends with 0',
  };
}

export const changeFolder = (plan: string): string => `changes/${plan.slice(0, 16)}`;
export const headName = ({ number, person }: Pick<SignedHead, "number" | "person">): string =>
  `journal-heads/${String(number).padStart(8, "0")}-${person}`;

/**
 * Verifies the chain of a journal with sed and sha256sum. Each line is the canonical JSON of an entry; its hash is over
 * that line without the hash itself.
 */
export const chainScript = `#!/bin/sh
# Usage: sh journal-chain.sh journal.jsonl
# Each line holds the hash of the line before it ("previous") and its own ("hash"), which is the SHA-256
# of the line without the field "hash". This recomputes all of them.
previous=0000000000000000000000000000000000000000000000000000000000000000
number=0
while IFS= read -r line; do
  number=$((number + 1))
  stated=$(printf '%s' "$line" | sed -E 's/.*"hash":"([0-9a-f]{64})","number":.*/\\1/')
  computed=$(printf '%s' "$line" | sed -E 's/(.*)"hash":"[0-9a-f]{64}",("number":)/\\1\\2/' | sha256sum | cut -c 1-64)
  if [ "$stated" != "$computed" ]; then
    echo "line $number was edited"
    exit 1
  fi
  case $line in
    *"\\"number\\":$number,"*"\\"previous\\":\\"$previous\\""*) ;;
    *) echo "line $number does not follow the line before it"; exit 1 ;;
  esac
  previous=$stated
done < "$1"
echo "$number entries, last hash $previous"
echo "chain is whole"
`;
