import type { Check } from "./check.ts";

export const unpatchedAsset: Check = {
  id: "unpatched-asset",
  severity: "warning",
  about:
    "An asset is behind with its patches, and nobody has written down why or what protects it meanwhile.",
  fix: 'write "reason" and "controls" under its "patch", or update it',
  clause: "IEC TR 62443-2-3",
  *run({ site }) {
    for (const asset of site.zones.flatMap(({ assets }) => assets)) {
      if (asset.patch?.state !== "behind" || (asset.patch.reason && asset.patch.controls.length > 0))
        continue;
      const message = `asset "${asset.id}" is behind with its patches, without a reason and controls`;
      yield { subject: `${asset.zone}.${asset.id}`, span: asset.span, message };
    }
  },
};
