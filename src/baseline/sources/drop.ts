/**
 * Why a packet gives no flow. `ignored`: it is sound, but no flow of a routed conduit. `rejected`: it could not be
 * read. The values are made once and compared by identity, so that counting them costs nothing.
 */
export interface Drop {
  readonly kind: "ignored" | "rejected";
  readonly reason: string;
  /** Of a packet that is damaged: what should have stood there. */
  readonly expected?: string;
  /** Of a header that the snap length cut off: what it is in a frame that was recorded whole. */
  readonly whole?: Drop;
}

export const ignored = (reason: string): Drop => ({ kind: "ignored", reason });
export const rejected = (reason: string): Drop => ({ kind: "rejected", reason });

/** A packet that its own headers, or those of its record, contradict. */
export const damage = (reason: string, expected: string): Drop => ({ kind: "rejected", reason, expected });

/** A packet of which too little was recorded: the snap length cut it within a header or, where nothing cut it, it is damaged. */
export const cutIn = (header: string): Drop => ({
  kind: "rejected",
  reason: `cut short in the ${header}`,
  whole: damage(`ends inside the ${header}`, `a whole ${header}`),
});

/** A packet that is sound as far as it was recorded, or of a kind that is not read here: no damage. */
export const isUnseen = (reason: string): boolean =>
  /^cut short in the |, which is not read here$/.test(reason);
