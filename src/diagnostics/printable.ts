/**
 * Text from a file, a capture or a firewall, fit to be shown: control characters, terminal escapes and invisible
 * or bidirectional format characters (Unicode TR 36, "Trojan Source") become visible; a tab becomes a space.
 */
export const printable = (text: string): string =>
  /^[ -~]*$/.test(text) ? text : text.replaceAll("\t", " ").replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "\ufffd");

/** Text of several lines, each fit to be shown. */
export const printableLines = (text: string): string => text.split(/\r?\n/).map(printable).join("\n");

/** Text of several lines as a part of one line, fit to be shown. */
export const printableLine = (text: string): string => printable(text.trim().replaceAll(/\s*\n\s*/g, "; "));

/**
 * JSON text with the same characters as escapes, so that it is safe to show and still means the same. The line breaks
 * of an indented text stay.
 */
export const printableJson = (json: string): string =>
  // Nearly every text is plain, and seen to be so at a twentieth of the cost.
  /^[\n -~]*$/.test(json)
    ? json
    : json.replace(/(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) =>
        Array.from(
          { length: character.length },
          (_, index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, "0")}`,
        ).join(""),
      );
