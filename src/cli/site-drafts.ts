import { basename, resolve } from "node:path";
import { targetDefaults } from "../../targets/defaults.ts";
import { propose } from "../baseline/propose/propose.ts";
import { zonesOfSeveralVlans } from "../baseline/propose/vlan-hints.ts";
import { proposalYaml } from "../baseline/propose/yaml.ts";
import { printable } from "../diagnostics/printable.ts";
import { readAnsibleInventory } from "../inventory/ansible.ts";
import { type DraftSite, draftSite, type SiteFacts } from "../inventory/draft-site.ts";
import { observedPlant } from "../inventory/from-baseline.ts";
import type { InventoryHost } from "../inventory/host.ts";
import { NetboxError, readNetboxExport } from "../inventory/netbox.ts";
import { withPermits } from "../inventory/with-permits.ts";
import { readSite } from "../policy/read.ts";
import { loadBaseline } from "./baseline-file.ts";
import { CommandError, type Context } from "./context.ts";
import { refusal, tell } from "./tell.ts";
import { readTextFile } from "./text-file.ts";

const sizeLimit = 64 * 1024 * 1024;
const readText = (context: Context, file: string): string =>
  readTextFile(resolve(context.cwd, file), file, sizeLimit);

/** A site drafted from an Ansible inventory. @throws {CommandError} after printing what is wrong with it. */
export function fromAnsible(context: Context, file: string, site: SiteFacts): DraftSite {
  const text = readText(context, file);
  const { value: hosts, diagnostics } = readAnsibleInventory(text, file);
  tell(context, diagnostics, () => text);
  if (hosts === undefined) throw refusal(file, diagnostics);
  return draftSite(located(file, hosts), site);
}

/** A site drafted from a NetBox export of devices. @throws {CommandError} */
export function fromNetbox(context: Context, file: string, site: SiteFacts): DraftSite {
  try {
    return draftSite(located(file, readNetboxExport(readText(context, file))), site);
  } catch (error) {
    if (error instanceof NetboxError) throw new CommandError(`${file}: ${error.message}`);
    throw error;
  }
}

/**
 * A site drafted from what was observed: zones, assets, conduits, and the permits that the flows between them ask for.
 * `evidence` is the baseline's path as the site file is to cite it.
 * @throws {CommandError} after printing what is wrong with the baseline.
 */
export function fromBaseline(context: Context, file: string, evidence: string, site: SiteFacts): DraftSite {
  const { baseline } = loadBaseline(context, file);
  const { hosts, pairs, foreign } = observedPlant(baseline.flows, baseline.links);
  const draft = draftSite(located(file, hosts), site, pairs);
  const { value, diagnostics } = readSite(draft.text, "the draft", targetDefaults);
  if (!value)
    throw new Error(`the draft does not read: ${diagnostics.map(({ message }) => message).join("; ")}`);
  const proposal = propose(baseline, value);
  const mixed = zonesOfSeveralVlans(baseline.links ?? [], value.zones);
  return {
    text: withPermits(draft.text, proposalYaml(proposal, evidence)),
    questions: [
      ...draft.questions,
      ...mixed.map(
        ({ zone, vlans }) =>
          `zone ${zone} has addresses of the VLANs ${vlans.join(" and ")}: is it one zone?`,
      ),
      ...foreign.map(
        (address) => `does ${address} belong to the plant? It is a public address, and left out`,
      ),
      ...proposal.questions.map(({ text }) => text),
    ],
  };
}

/** What a site file says beside its plant, where nobody has said it yet. */
export const factsOf = (
  folder: string,
  said: { readonly name?: string; readonly timezone?: string },
): SiteFacts => ({
  name: printable(said.name ?? (basename(folder) || "plant")),
  timezone: said.timezone ?? new Intl.DateTimeFormat().resolvedOptions().timeZone,
  target: "nftables",
});

function located(file: string, hosts: readonly InventoryHost[]): readonly InventoryHost[] {
  if (hosts.some(({ addresses }) => addresses.length > 0)) return hosts;
  throw new CommandError(`${file} lists no host with an address`);
}
