import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import { renderDiagnostic, type SourceLookup } from "../../diagnostics/render.ts";
import { formatPacket } from "../../net/packet.ts";
import type { ClaimResult } from "../../verify/claims/claim.ts";

/** `3 of 3 claims proved`, or what is open: `2 of 3 claims proved; baseline-kept failed`. */
export function claimsText(claims: readonly ClaimResult[]): string {
  const proved = claims.filter(({ result }) => result === "proved").length;
  const open = claims
    .filter(({ result }) => result !== "proved")
    .map(({ claim, result }) => `; ${claim} ${result === "failed" ? "failed" : "not proved"}`);
  return `${proved} of ${claims.length} claims proved${open.join("")}`;
}

/** A claim as documents hold it: its packet is text. */
export const claimJson = (claim: ClaimResult) =>
  claim.result === "failed" ? { ...claim, packet: formatPacket(claim.packet) } : claim;

/** Diagnostics as an engineer reads them, each with the lookup of its own file. */
export interface Remarks {
  readonly diagnostics: readonly Diagnostic[];
  readonly source: SourceLookup;
}

/** Diagnostics of several rulesets of one site, each once: both stages find the same in one permit. */
export function renderOnce(remarks: readonly Remarks[]): string {
  const texts = remarks.flatMap(({ diagnostics, source }) =>
    diagnostics.map((diagnostic) => renderDiagnostic(diagnostic, source)),
  );
  return [...new Set(texts)].map((text) => `${text}\n\n`).join("");
}
