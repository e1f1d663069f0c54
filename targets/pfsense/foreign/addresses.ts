import {
  AddressError,
  type AddressRange,
  addressBits,
  everyAddress,
  parseAddress,
  parseRange,
} from "../../../src/net/address.ts";

/** An address, a prefix with or without host bits, or a range. @throws {AddressError} */
export function prefixOf(text: string): AddressRange {
  if (!text.includes("/")) return parseRange(text);
  const [address = "", length = ""] = text.split("/", 2);
  const { family, from } = parseAddress(address);
  const bits = addressBits(family);
  if (!/^\d{1,3}$/.test(length) || Number(length) > bits) throw new AddressError(`"${text}" is not a prefix`);
  const host = (1n << BigInt(bits - Number(length))) - 1n;
  return { family, from: from & ~host, to: from | host };
}

/** As `prefixOf`, and undefined for what is no address, such as a name. */
export function addressOf(text: string): AddressRange | undefined {
  try {
    return prefixOf(text);
  } catch (error) {
    if (error instanceof AddressError) return undefined;
    throw error;
  }
}

/** Every address of both families that is in none of the ranges. */
export const allBut = (ranges: readonly AddressRange[]): readonly AddressRange[] =>
  ([4, 6] as const).flatMap((family) => {
    const free: AddressRange[] = [];
    let next = 0n;
    const own = ranges.filter((range) => range.family === family);
    for (const { from, to } of own.sort((a, b) => (a.from < b.from ? -1 : 1))) {
      if (from > next) free.push({ family, from: next, to: from - 1n });
      if (to >= next) next = to + 1n;
    }
    const { to: last } = everyAddress(family);
    return next > last ? free : [...free, { family, from: next, to: last }];
  });
