/**
 * Text from a file, a capture or a firewall, fit to be shown: control characters, terminal escapes and invisible
 * or bidirectional format characters (Unicode TR 36, "Trojan Source") become visible; a tab becomes a space.
 */
export const printable = (text: string): string =>
  text.replaceAll("\t", " ").replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "\ufffd");
