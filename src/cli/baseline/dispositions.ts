import { buildCommand } from "@stricli/core";
import { disposed } from "../../baseline/dispositions.ts";
import { places } from "../../baseline/propose/places.ts";
import { loadBaseline } from "../baseline-file.ts";
import { type Context, exitCodes } from "../context.ts";
import { dispositionsDocument } from "../documents/baseline.ts";
import { jsonFlag, printDocument } from "../documents/document.ts";
import { loadSite, siteFlag } from "../site-file.ts";
import { renderDispositions } from "../views/dispositions.ts";

interface Flags {
  readonly site?: string;
  readonly json: boolean;
}

export const dispositionsCommand = buildCommand<Flags, [string], Context>({
  docs: {
    brief: "Holds observed traffic against the policy: permitted, escaped, rejected, misdropped",
    fullDescription:
      "Escaped is what the network lets pass and the policy would not; misdropped what the policy permits and nobody " +
      "answers. The baseline may be of captures, of logs, or of a firewall's own record (observe --from). Exit code 1 when " +
      "something escaped or was misdropped.",
  },
  parameters: {
    flags: { site: siteFlag, json: jsonFlag },
    positional: {
      kind: "tuple",
      parameters: [{ parse: String, placeholder: "FILE", brief: "A baseline, from sluice observe" }],
    },
  },
  func({ site: file, json }, name) {
    const { site } = loadSite(this, file);
    const where = places(site);
    const found = disposed(loadBaseline(this, name).baseline, where);
    if (json) printDocument(this, dispositionsDocument, found);
    else this.process.stdout.write(renderDispositions(found, where.nameOf));
    if (found.flows.some(({ disposition }) => disposition === "escaped" || disposition === "misdropped"))
      this.process.exitCode = exitCodes.failed;
  },
});
