import { sha256 } from "../../digest.ts";

const digits = 6;

/**
 * A conduit's id, or where that is longer than the firewall's names allow its first letters and a hash (31 bits). The
 * underscore, which no id holds, keeps the two kinds apart; two that hash alike are refused by whoever sees both
 * (`fitness.ts`).
 */
export function shortName(id: string, longest: number): string {
  if (id.length <= longest) return id;
  const hash = BigInt(`0x${sha256(id).slice(0, 12)}`)
    .toString(36)
    .slice(-digits)
    .padStart(digits, "0");
  return `${id.slice(0, longest - digits - 1)}_${hash}`;
}
