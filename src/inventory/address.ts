import { AddressError, type AddressRange, addressBits, parseAddress } from "../net/address.ts";

/** Reads `10.1.0.10` or, as NetBox writes it, `10.1.0.10/24`: an address and the network that it lies in. */
export function readInterfaceAddress(
  text: string,
): { readonly address: AddressRange; readonly network?: AddressRange } | undefined {
  const [address = "", length] = text.trim().split("/");
  try {
    const range = parseAddress(address);
    if (length === undefined) return { address: range };
    const bits = addressBits(range.family) - Number(length);
    if (!/^\d{1,3}$/.test(length) || bits < 0) return undefined;
    return bits === 0 ? { address: range } : { address: range, network: networkOf(range, bits) };
  } catch (error) {
    if (error instanceof AddressError) return undefined;
    throw error;
  }
}

/** The network that an address most likely lies in where nobody says: the /24 or the /64 around it. */
export const usualNetwork = (address: AddressRange): AddressRange =>
  networkOf(address, addressBits(address.family) - (address.family === 4 ? 24 : 64));

/** The network around an address, with that many host bits. */
function networkOf({ family, from }: AddressRange, hostBits: number): AddressRange {
  const mask = (1n << BigInt(hostBits)) - 1n;
  return { family, from: from & ~mask, to: from | mask };
}
