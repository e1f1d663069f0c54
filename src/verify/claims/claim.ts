import type { Span } from "../../diagnostics/diagnostic.ts";
import type { Packet } from "../../net/packet.ts";

/** What is proved of every ruleset, in the words of the certificate. */
export const statements = {
  faithful: "The text, read back, does with every packet exactly what the compiled rules say.",
  "baseline-kept": "Every observed flow that was not decided against passes, and so do its replies.",
  "nothing-more": "The text admits and records exactly what the site file says, permit by permit.",
  asserted: "Every assertion of the site file holds in the text, for all requests that cross this conduit.",
} as const;

export type ClaimId = keyof typeof statements;

/** The claims about every ruleset; where the site file asserts something about it, there is one more. */
export const commonClaims: readonly ClaimId[] = ["faithful", "baseline-kept", "nothing-more"];

/**
 * The result of a claim. `failed` names a packet that breaks it, the place in the text that decides about that packet
 * (undefined when the end of the text does), and what is wrong with it. `not-proved` is never taken for a proof.
 */
export type ClaimResult =
  | { readonly claim: ClaimId; readonly result: "proved" }
  | {
      readonly claim: ClaimId;
      readonly result: "failed";
      readonly message: string;
      readonly packet: Packet;
      readonly rule?: Span;
    }
  | { readonly claim: ClaimId; readonly result: "not-proved"; readonly cause: "budget" | "no-baseline" };

/** A ruleset may be written when no claim is open, but for the one that needs a baseline that nobody has given. */
export const mayBeWritten = (claims: readonly ClaimResult[]): boolean =>
  commonClaims.every((id) => claims.some(({ claim }) => claim === id)) &&
  claims.every(
    (claim) => claim.result === "proved" || (claim.result === "not-proved" && claim.cause === "no-baseline"),
  );
