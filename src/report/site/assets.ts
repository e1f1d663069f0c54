import { type Cell, paragraph, type Section } from "../document.ts";
import type { ReportedSite } from "./reported-site.ts";

/** Assets that cannot be kept current, and what protects them instead (IEC TR 62443-2-3). */
export function assets({ site }: ReportedSite): Section {
  const behind = site.zones.flatMap(({ id, assets }) =>
    assets.flatMap((asset) =>
      asset.patch === undefined || asset.patch.state === "current"
        ? []
        : [{ zone: id, asset, patch: asset.patch }],
    ),
  );
  return {
    id: "assets",
    title: "Assets that are not current",
    clauses: ["IEC TR 62443-2-3", "IEC 62443-3-2 ZCR 6"],
    blocks: [
      behind.length === 0
        ? paragraph(
            "The site file names no asset that is behind or cannot be patched. Assets without a patch state are not judged.",
          )
        : {
            kind: "table",
            caption: "Assets, and what protects them instead",
            columns: [
              { heading: "Asset", kind: "text" },
              { heading: "State", kind: "choice" },
              { heading: "Reason", kind: "text" },
              { heading: "Compensating controls", kind: "text" },
            ],
            rows: behind.map(({ zone, asset, patch }): Cell[] => [
              `${zone}.${asset.id}`,
              patch.state,
              patch.reason ?? "not given",
              patch.controls.length > 0 ? patch.controls.join("; ") : { text: "none", tone: "bad" },
            ]),
          },
    ],
  };
}
