import { buildCommand } from "@stricli/core";
import { count } from "../../report/words.ts";
import { headFaults, type SignedHead } from "../../rollout/journal-head.ts";
import { CommandError, type Context, exitCodes } from "../context.ts";
import { jsonFlag, printDocument } from "../documents/document.ts";
import { journalVerificationDocument } from "../documents/standing.ts";
import { identityFlag, whoActs } from "../rollout/actor.ts";
import { firewallOf, placeOf } from "../rollout/firewall.ts";
import { readJournalFile } from "../rollout/journal-file.ts";
import { headOn, judgeHeads, readHeads, unsignedText } from "../rollout/journal-seal.ts";
import { type LoadedSite, loadSite, siteFlag } from "../site-file.ts";

interface Flags {
  readonly site?: string;
  readonly firewall?: string;
  readonly identity?: string;
  readonly json: boolean;
}

export const verifyCommand = buildCommand<Flags, [], Context>({
  docs: {
    brief: "Checks the chain of the journal and the signatures over its ends, and says where it is broken",
    fullDescription:
      "An edit, a cut, an insertion and a different order break the chain. A missing end, and a chain that was written " +
      "anew, are found by the signed ends beside the journal, and by the one left on a firewall (--firewall), which " +
      "nobody reaches who has only this folder.",
  },
  parameters: {
    flags: {
      site: siteFlag,
      firewall: {
        kind: "parsed",
        parse: String,
        optional: true,
        placeholder: "FIREWALL",
        brief: "Also compare with the end that was left on this firewall",
      },
      identity: identityFlag,
      json: jsonFlag,
    },
  },
  async func(flags) {
    const loaded = loadSite(this, flags.site);
    const reading = readJournalFile(loaded.folder);
    const heads = [...readHeads(loaded.folder), ...(await leftHead(this, loaded, flags))];
    const { signed, unsigned } = await judgeHeads(loaded.site.people, heads);
    const faults = [...reading.faults, ...headFaults(reading, signed)];
    const signedUpTo = Math.max(0, ...signed.map(({ number }) => number));
    const { entries, head } = reading;
    if (flags.json) {
      printDocument(this, journalVerificationDocument, {
        ...{ entries: entries.length, head, signedUpTo },
        unsigned: unsigned.map(({ number, person }) => ({ number, person })),
        faults,
      });
      if (faults.length + unsigned.length > 0) this.process.exitCode = exitCodes.failed;
      return;
    }
    const problems = [
      ...faults.map(({ line, message }) => `journal.jsonl:${line}: ${message}`),
      ...unsigned.map(unsignedText),
    ];
    if (problems.length > 0) {
      const isOnlyTorn = reading.torn && problems.length === 1;
      throw new CommandError(
        `the journal is not whole:${problems.map((one) => `\n  ${one}`).join("")}${isOnlyTorn ? tornHint : ""}`,
      );
    }
    const rest = entries.length - signedUpTo;
    this.process.stdout.write(
      `journal is whole: ${count(entries.length, "entry", "entries")}, head ${head.hash}\n` +
        `${signedUpTo === 0 ? "no end of it is signed" : `signed up to entry ${signedUpTo}; ${count(rest, "entry", "entries")} after it`}\n`,
    );
  },
});

const tornHint =
  "\n  a program that ended while it wrote leaves such a line, and nothing was done upon it: the next command that acts sets it " +
  "aside, says so in the journal, and goes on";

async function leftHead(
  context: Context,
  { site }: LoadedSite,
  { firewall, identity }: Flags,
): Promise<readonly SignedHead[]> {
  if (firewall === undefined) return [];
  const head = await headOn(placeOf(firewallOf(site, firewall)), whoActs(context, identity, site.people));
  if (head === undefined) throw new CommandError(`no end of a journal was left on ${firewall}`);
  return [head];
}
