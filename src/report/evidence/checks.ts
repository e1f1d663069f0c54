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
    ...approvals.map(({ person, byTouch }) => ({
      title: `Plan ${short}… was approved by ${person}`,
      commands: [
        `ssh-keygen -Y verify -f ${folder}/approvers -I ${person} -n sluice-approval@v1 -s ${folder}/approvals/${person}.sig < ${folder}/approval.txt`,
        ...(byTouch ? [touchCheck(`${folder}/approvals/${person}.sig`)] : []),
      ],
      expected: `prints \`Good "sluice-approval@v1" signature\`${byTouch ? "; the second ends with 0: the hardware key was touched, which ssh-keygen does not look at" : ""}`,
    })),
  ];
}

/** The flags of a hardware key's signature are the fifth byte from its end; an odd number says touched (PROTOCOL.u2f). */
const touchCheck = (file: string): string =>
  `sed -e 1d -e '$d' ${file} | base64 -d | tail -c 5 | od -An -tx1 -N1 | grep -q '[13579bdf]$'`;

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
 * Verifies the chain of a journal with awk and sha256sum. Each line is the canonical JSON of an entry; its hash is over
 * that line without the hash itself. All lines are hashed by one process, since ten thousand would take minutes otherwise.
 */
export const chainScript = `#!/bin/sh
# Usage: sh journal-chain.sh journal.jsonl
# Each line holds the hash of the line before it ("previous") and its own ("hash"), which is the SHA-256
# of the line without the field "hash". This recomputes all of them: awk writes each line without that
# field into a file of its own and checks what follows on what, sha256sum --check does the rest.
LC_ALL=C
export LC_ALL
lines=$(mktemp -d) || exit 1
trap 'rm -rf "$lines"' EXIT
: > "$lines/stated"
: > "$lines/broken"
awk -v lines="$lines" '
  BEGIN {
    for (digit = 0; digit < 64; digit++) { hash = hash "[0-9a-f]"; last = last "0" }
    ending = "\\"hash\\":\\"" hash "\\",\\"number\\":[0-9]+,(\\"plan\\":\\"[0-9a-f]*\\",)?"
    ending = ending "\\"previous\\":\\"" hash "\\",\\"time\\":\\"[^\\"]*\\"}$"
  }
  {
    if (!match($0, ending)) { print "line " NR " is not an entry of a journal" > (lines "/broken"); exit }
    stated = substr($0, RSTART + 8, 64)
    rest = substr($0, RSTART + 74)
    if (index(rest, "\\"number\\":" NR ",") != 1 || index(rest, "\\"previous\\":\\"" last "\\"") == 0) {
      print "line " NR " does not follow the line before it" > (lines "/broken")
      exit
    }
    name = sprintf("%010d", NR)
    printf "%s%s", substr($0, 1, RSTART - 1), rest > (lines "/" name)
    close(lines "/" name)
    print stated "  " name > (lines "/stated")
    last = stated
  }
  END { print NR " entries, last hash " last > (lines "/end") }
' "$1" || exit 1
if [ -s "$lines/stated" ]; then
  (cd "$lines" && sha256sum --check --quiet stated 2> /dev/null) > "$lines/edited"
  if [ -s "$lines/edited" ]; then
    sed 's/^0*\\([0-9]*\\): .*/line \\1 was edited/' "$lines/edited"
    exit 1
  fi
fi
if [ -s "$lines/broken" ]; then cat "$lines/broken"; exit 1; fi
if [ -n "$(tail -c 1 "$1")" ]; then echo "the last line is torn"; exit 1; fi
cat "$lines/end"
echo "chain is whole"
`;
