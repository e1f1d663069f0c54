import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Lab } from "../lab-fixture.ts";

/** A command of the firewall that is to stand still, before or after it does its work. */
export interface Breakpoint {
  readonly when: "before" | "after";
  /**
   * Extended regular expression over the command with its words, and ` @own` or, in a network namespace for rehearsals,
   * ` @apart` behind them.
   */
  readonly command: string;
  /** The same over what the command is given on standard input, a line at a time. */
  readonly input?: string;
}

/**
 * Stands in for a command of the firewall: a shell finds it before the real one. `/run/hold` has the three parts of a
 * breakpoint, a line each. `/mnt/held` says what stands still, `/mnt/passed` that it has gone on and is done.
 */
const wrapper = (command: string, real: string): string => `#!/bin/sh
if ! [ -e /run/hold ]; then exec ${real} "$@"; fi
{ read -r when; read -r wanted; read -r content; } < /run/hold
where=@apart
if [ "$(readlink /proc/self/ns/net)" = "@own@" ]; then where=@own; fi
if ! echo "${command} $* $where" | grep -qE -- "$wanted"; then exec ${real} "$@"; fi
input=/dev/null
case "${command} $*" in *"-restore "* | *"-f -"*) input=$(mktemp /run/input.XXXXXX); cat > "$input" ;; esac
if [ -n "$content" ] && ! grep -qE -- "$content" "$input"; then exec ${real} "$@" < "$input"; fi
wait_here() { { echo "$0 $*"; head -c 300 "$input"; } > /mnt/held.new; mv /mnt/held.new /mnt/held; while [ -e /run/hold ]; do sleep 0.05; done; }
if [ "$when" = before ]; then wait_here "$@"; fi
${real} "$@" < "$input"
code=$?
if [ "$when" = after ]; then wait_here "$@"; fi
touch /mnt/passed
exit $code
`;

/** Puts the wrappers of these commands in place; a reboot takes them away. */
export async function installBreakpoints(lab: Lab, commands: readonly string[]): Promise<void> {
  if (commands.length === 0) return;
  const install = commands.map((command) => {
    const file = `/usr/local/sbin/${command}`;
    return `real=$(command -v ${command})
sed -e "s|@real@|$real|g" -e "s|@own@|$(readlink /proc/self/ns/net)|" > ${file}.new <<'EOF'
${wrapper(command, "@real@")}EOF
chmod 755 ${file}.new`;
  });
  const rename = commands.map((command) => `mv ${command}.new ${command}`);
  await lab.console(
    `if mountpoint -q /usr/local/sbin; then exit; fi
set -e
mount -t tmpfs none /usr/local/sbin
${install.join("\n")}
cd /usr/local/sbin
${rename.join("\n")}`,
  );
}

/** Has the next command that meets the breakpoint stand still. */
export const hold = (lab: Lab, { when, command, input = "" }: Breakpoint): Promise<string> =>
  lab.console(`rm -f /mnt/held /mnt/passed; printf '%s\\n' '${when}' '${command}' '${input}' > /run/hold`);

/** Resolves with the command that stands still, and the beginning of its input. */
export const untilHeld = (lab: Lab, seconds: number): Promise<string> =>
  untilThere(lab, "held", seconds, `nothing was held within ${seconds} s`);

/** What was held goes on; nothing else is held. */
export const letGo = (lab: Lab): Promise<string> => lab.console("rm -f /run/hold /mnt/held");

/** Resolves when what was held, and let go, is done. */
export const untilPassed = (lab: Lab, seconds: number): Promise<string> =>
  untilThere(lab, "passed", seconds, `what was held was not done within ${seconds} s`);

/** Looks at the firewall's disk from outside: a command there, ten times a second, would keep the machine busy. */
async function untilThere(lab: Lab, name: string, seconds: number, complaint: string): Promise<string> {
  const deadline = performance.now() + seconds * 1000;
  const file = join(lab.folder.disk, name);
  while (!existsSync(file)) {
    if (performance.now() > deadline) throw new Error(complaint);
    await sleep(50);
  }
  return readFileSync(file, "utf8");
}
