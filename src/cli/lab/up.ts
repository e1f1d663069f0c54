import { buildCommand } from "@stricli/core";
import { type FirewallTarget, firewallTargets } from "../../lab/firewall-kind.ts";
import { startLab } from "../../lab/lab.ts";
import type { Context } from "../context.ts";
import { jsonFlag, printDocument } from "../documents/document.ts";
import { labUpDocument } from "../documents/lab.ts";
import { folderFlag, withLab } from "./folder.ts";

interface Flags {
  readonly dir?: string;
  readonly decided?: boolean;
  readonly target: FirewallTarget;
  readonly json: boolean;
}

export const upCommand = buildCommand<Flags, [], Context>({
  docs: { brief: "Builds the lab: a small plant with real traffic, a firewall and the engineer's laptop" },
  parameters: {
    flags: {
      dir: folderFlag,
      decided: {
        kind: "boolean",
        optional: true,
        withNegated: false,
        brief: "With the decisions of rulesets/lab-plant in the site file",
      },
      target: {
        kind: "enum",
        values: firewallTargets,
        default: "nftables",
        brief: "What the firewall filters with",
      },
      json: jsonFlag,
    },
  },
  async func(flags) {
    this.process.stderr.write("starting the plant …\n");
    const { root, site } = await withLab(this, flags.dir, async (folder) => {
      const decisions = flags.decided ? "taken" : "open";
      await startLab(folder, { decisions, life: "own", target: flags.target });
      return folder;
    });
    if (flags.json) {
      printDocument(this, labUpDocument, { folder: root, site });
      return;
    }
    this.process.stdout.write(
      `The plant runs. The engineer's repository is ${site}\n\n` +
        "  sluice lab status                        the sessions, and polls missed\n" +
        "  sluice lab record --seconds 12 -o FILE   record what passes the cell's switch\n" +
        "  sluice lab exec -- sluice status         a command on the engineer's laptop\n" +
        "  sluice lab shell fw1                     a shell on a host\n" +
        "  sluice lab down                          end it and remove everything\n",
    );
  },
});
