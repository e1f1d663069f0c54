/**
 * Why a packet gives no flow. `ignored`: it is sound, but no flow of a routed conduit. `rejected`: it could not be
 * read. The values are made once and compared by identity, so that counting them costs nothing.
 */
export interface Drop {
  readonly kind: "ignored" | "rejected";
  readonly reason: string;
}

export const ignored = (reason: string): Drop => ({ kind: "ignored", reason });
export const rejected = (reason: string): Drop => ({ kind: "rejected", reason });
