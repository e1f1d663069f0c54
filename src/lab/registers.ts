/** Holding registers 0 to 9 of a PLC: who it is, how often it was asked, and eight process values. */
export const registerCount = 10;

/** What register 0 of a PLC holds, so that a client knows an answer from the right one. */
export const identityOf = (unit: number): number => 1000 + unit;
