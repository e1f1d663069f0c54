import { DriverError } from "../src/target.ts";

/**
 * A configuration to return to holds nothing that ends by itself: with leases, locks and records it would begin their
 * time anew.
 * @param lineOf the line of a text that holds such state.
 * @throws {DriverError} before anything is changed.
 */
export function refuseState(text: string | undefined, lineOf: (text: string) => number | undefined): void {
  const line = text === undefined ? undefined : lineOf(text);
  if (line === undefined) return;
  throw new DriverError(
    `line ${line} holds state that ends by itself: the text was listed while a trial, a lock or a record was there, and ` +
      "would bring it back with its time begun anew. Nothing was changed; take the text that was compiled",
  );
}
