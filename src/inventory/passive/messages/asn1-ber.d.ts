/** The part of asn1-ber that is used here: the package brings no types. */
declare module "asn1-ber" {
  export const Ber: { readonly OctetString: number };
  /** Each read resolves to null where the data ends, and throws `InvalidAsn1Error` where it is not what was asked for. */
  export class BerReader {
    constructor(data: Buffer);
    readonly length: number;
    readonly offset: number;
    readonly remain: number;
    peek(): number | null;
    readSequence(): number | null;
    readInt(): number | null;
    readOID(): string | null;
    readString(): string | null;
    readString(tag: number, asBuffer: true): Buffer | null;
  }
}
