import { setTimeout as sleep } from "node:timers/promises";
import type { Lab } from "./lab-fixture.ts";

/** Commands of the firewall that can be held up. A shell finds these wrappers before the real ones. */
const held = ["nft", "mv"];

/** `/run/hold` has `before` or `after` in its first line and an extended regular expression in the second one. */
const wrapper = (command: string, real: string): string => `#!/bin/sh
if ! [ -e /run/hold ]; then exec ${real} "$@"; fi
input=/dev/null
case "$*" in *"-f -"*) input=$(mktemp /run/input.XXXXXX); cat > "$input" ;; esac
{ read -r when; read -r wanted; } < /run/hold
meets() { { echo "${command} $*"; cat "$input"; } | grep -qE -- "$wanted"; }
wait_here() { { echo "$0 $*"; head -c 300 "$input"; } > /run/held; while [ -e /run/hold ]; do sleep 0.05; done; }
if ! meets "$@"; then exec ${real} "$@" < "$input"; fi
if [ "$when" = before ]; then wait_here "$@"; exec ${real} "$@" < "$input"; fi
${real} "$@" < "$input"
code=$?
wait_here "$@"
exit $code
`;

/** Puts the wrappers in place; a reboot takes them away. */
export async function installBreakpoints(lab: Lab): Promise<void> {
  await lab.console("mountpoint -q /usr/local/sbin || mount -t tmpfs none /usr/local/sbin");
  for (const command of held) {
    const real = (await lab.console(`command -v ${command}`)).trim();
    if (real.startsWith("/usr/local/sbin")) continue;
    await lab.console(
      `cat > /usr/local/sbin/${command} <<'EOF'\n${wrapper(command, real)}EOF\nchmod 755 /usr/local/sbin/${command}`,
    );
  }
}

/** Has the next command that meets the expression stand still, before or after it does its work. */
export const hold = (lab: Lab, when: "before" | "after", expression: string): Promise<string> =>
  lab.console(`rm -f /run/held; printf '%s\\n' '${when}' '${expression}' > /run/hold`);

/** Resolves with the command that stands still, and the beginning of its input. */
export async function untilHeld(lab: Lab, seconds: number): Promise<string> {
  const deadline = performance.now() + seconds * 1000;
  for (;;) {
    const found = await lab.console("cat /run/held 2> /dev/null; true");
    if (found !== "") return found;
    if (performance.now() > deadline) throw new Error(`nothing was held within ${seconds} s`);
    await sleep(50);
  }
}

export const letGo = (lab: Lab): Promise<string> => lab.console("rm -f /run/hold /run/held");
