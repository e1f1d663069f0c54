import { setMark } from "./ruleset.ts";

/**
 * The boot file: a script that loads the text behind it, for hosts whose own boot runs the scripts of a folder. The host
 * restores its rules first, and with them removes ours; so it asks for `start` afterwards. Where the kernel has no sets
 * any more, what no permit admits is counted and not named. At the console it takes the place of what runs: chains and
 * sets of ours that the text does not have go, but for the notes of the lock.
 */
const script = `#!/bin/sh
# Sluice: loads its part of the firewall behind the host's own rules. Written by "sluice confirm".
case "\${1:-start}" in start | restart | reload) ;; *) exit 0 ;; esac
text() { sed '1,/^exit$/d' "$0"; }
unusable='-j SET'
if text | sed -n 's/^${setMark}//p' | ipset -exist restore; then unusable='nothing'; fi
for tool in iptables ip6tables; do
  text | grep -v -e " $unusable " | $tool-restore --noflush --wait || exit 1
  $tool --wait -C FORWARD -j SLUICE 2> /dev/null || $tool --wait -I FORWARD 1 -j SLUICE || exit 1
  stale=$($tool-save -t filter | sed -n 's/^:\\(SLUICE[^ ]*\\) .*/\\1/p' | while read -r chain; do
    [ "$chain" = SLUICE-NOTES ] || text | grep -qF ":$chain " || echo "$chain"
  done)
  for step in -F -X; do for chain in $stale; do $tool --wait $step "$chain"; done; done
done
for set in $(ipset list -n 2> /dev/null | grep '^sluice-'); do
  text | grep -qF " $set " || ipset destroy "$set" 2> /dev/null || true
done
exit
`;

export const bootScript = (text: string): string => script + text;

/** The text in a boot file; a file that is not exactly of our form is given as it is, and so equals no text of ours. */
export const bootText = (file: string): string =>
  file.startsWith(script) ? file.slice(script.length) : file;

/** What to type at the console to load a text in this file, now and at every boot; `loader` is a boot file without text. */
export const byHand = (loader: string, file: string, bootFile: string): readonly string[] => [
  `cat ${loader} ${file} > ${bootFile}`,
  `chmod 755 ${bootFile}`,
  `${bootFile} start`,
];
