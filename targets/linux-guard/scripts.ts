// Shell for a Linux host, each a fixed text. What varies comes in as words ($1, $2 …), never inside.

/**
 * Words that the scripts share. The guard's file is one line: a token, the tenth of a second of the uptime at which it
 * fires (a time that no clock adjustment moves) or a word when that is over, and what executes it.
 * `put FOLDER LINE`: replaces the guard's file in one step.
 */
const words = `tenths() { read -r up rest < /proc/uptime; fraction=\${up#*.}; echo $(( \${up%.*} * 10 + \${fraction%?} )); }
put() { printf '%s\\n' "$2" > "$1/guard.$$" && mv -f "$1/guard.$$" "$1/guard"; }
timer() { echo "sluice-guard-$1.timer"; }
`;

/**
 * The guard itself, a file of its own on the host: systemd would expand dollars in the words of a command. It waits
 * until the time in its file has come (`process`), or is started when it has (`init`). Armed once more, it leaves the
 * watch to the process that came after it. A file that is gone three times running fires too: all that is not a valid
 * lease ends the trial. What it did stands in its file, in the host's log and in a file that outlives a reboot.
 * `undo TOKEN` is the target's: ends the trial of that token, tells `ended` or `nothing`, and fails while it cannot.
 * $1 token, $2 process or init, $3 folder, $4 file for the trace
 */
export const guardScript = (undo: string): string => `${words}${undo}
if [ "$2" = process ]; then trap '' HUP; echo $$ > "$3/pid.$1"; fi
missing=0
while :; do
  if [ "$2" = process ]; then
    owner=
    { read -r owner < "$3/pid.$1"; } 2> /dev/null
    case $owner in '' | $$) ;; *) exit 0 ;; esac
  fi
  named= until=
  { read -r named until rest < "$3/guard"; } 2> /dev/null
  case "$named $until" in
    "$1 "[0-9]*)
      missing=0
      if [ "$(tenths)" -ge "$until" ]; then break; fi
      if [ "$2" = init ]; then exit 0; fi ;;
    " ")
      missing=$(( missing + 1 ))
      if [ $missing -ge 3 ]; then break; fi ;;
    *) exit 0 ;;
  esac
  sleep 0.3
done
until said=$(undo "$1"); do sleep 1; done
put "$3" "$1 fired $2 $said"
trace="the second dead man ($2) of plan $1 fired: $said"
logger -t sluice -- "$trace" 2> /dev/null || true
{ mkdir -p "\${4%/*}" && echo "$(date -u +%Y-%m-%dT%H:%M:%SZ) $trace" >> "$4"; } 2> /dev/null || true
`;

/** What executes a guard on this host: `init` where systemd runs, else `process`; nothing when neither can. */
export const executorScript = `if [ -d /run/systemd/system ] && command -v systemd-run > /dev/null; then echo init
elif command -v setsid > /dev/null; then echo process; fi`;

/**
 * `start FOLDER TOKEN TENTHS TRACE PROPERTIES`: has the guard of the folder wait, and prints what executes it. Each renewal starts
 * the timer anew, and systemd would refuse the sixth within ten seconds (systemd.unit(5), StartLimitIntervalSec=).
 */
const start = `start() {
  executor=$(executor)
  put "$1" "$2 $(( $(tenths) + $3 )) $executor" || return 1
  case $executor in
    init)
      systemctl stop "$(timer "$2")" 2> /dev/null || true
      systemd-run --quiet --collect --unit="sluice-guard-$2" --on-active="\${3}00ms" --timer-property=AccuracySec=100ms \\
        --timer-property=StartLimitIntervalSec=0 $5 \\
        -- /bin/sh "$1/guard.sh" "$2" init "$1" "$4" || return 1
      systemctl is-active --quiet "$(timer "$2")" || return 1 ;;
    process)
      setsid sh "$1/guard.sh" "$2" process "$1" "$4" < /dev/null > /dev/null 2>&1 &
      for attempt in 1 2 3 4 5 6 7 8 9 10; do
        if waits "$1" "$2" process; then break; fi
        sleep 0.1
      done
      waits "$1" "$2" process || return 1 ;;
    *) return 1 ;;
  esac
}
executor() { ${executorScript}
}
`;

/** `waits FOLDER TOKEN EXECUTOR`: whether whatever executes the guard is there. */
const waits = `waits() {
  if [ "$3" = init ]; then systemctl is-active --quiet "$(timer "$2")"; return; fi
  { read -r pid < "$1/pid.$2"; } 2> /dev/null && kill -0 "$pid" 2> /dev/null &&
    tr '\\0' ' ' < "/proc/$pid/cmdline" | grep -q " $2 process "
}
`;

/** $1 folder, $2 token, $3 tenths of a second, $4 file for the trace, $5 the guard's text */
export const armScript = `set -e
${words}${waits}${start}mkdir -p "$1"
chmod 700 "$1"
rm -f "$1"/pid.*
printf '%s' "$5" > "$1/guard.sh.$$"
mv -f "$1/guard.sh.$$" "$1/guard.sh"
start "$1" "$2" "$3" "$4" || { echo "the second dead man does not wait" >&2; exit 1; }
`;

/**
 * `extend FOLDER TOKEN TENTHS`: starts the guard's time anew; 6 when the guard is not there any more. Part of the
 * script that renews the lease, so that both are renewed together.
 */
export const extendWords = `${words}${waits}extend() {
  named= until= executor=
  { read -r named until executor < "$1/guard"; } 2> /dev/null
  case "$named $until" in "$2 "[0-9]*) ;; *) return 6 ;; esac
  waits "$1" "$2" "$executor" || return 6
  put "$1" "$2 $(( $(tenths) + $3 )) $executor" || return 6
  if [ "$executor" = init ]; then systemctl restart "$(timer "$2")" || return 6; fi
}
`;

/**
 * `disarm FOLDER`: tells the guard that nothing is to be undone any more. Part of the script that ends a trial, so that
 * one command does both.
 */
export const disarmWords = `${words}disarm() {
  named= until= executor=
  { read -r named until executor < "$1/guard"; } 2> /dev/null
  case $until in
    [0-9]*)
      put "$1" "$named disarmed $executor" || return 1
      if [ "$executor" = init ]; then systemctl stop "$(timer "$named")" 2> /dev/null || true; fi ;;
  esac
  return 0
}
`;

/** $1 folder */
export const disarmScript = `${disarmWords}disarm "$1"`;

/** Prints the time and the guard's line, with \`gone\` behind it when nothing executes it any more. $1 folder */
export const stateScript = `${words}${waits}named= until= executor=
{ read -r named until executor rest < "$1/guard"; } 2> /dev/null
if [ -z "$named" ]; then exit 0; fi
lost=
case $until in [0-9]*) waits "$1" "$named" "$executor" || lost=gone ;; esac
echo "$(tenths) $named $until $executor $rest $lost"`;

/**
 * Rehearses the guard in a network namespace that ends with the command: \`prepare TOKEN\` puts something in place that
 * only the guard takes away, \`met\` tells whether it is still there (both are the target's). Prints the uptime before
 * and after. $1 folder, $2 tenths of a second, $3 the guard's text
 */
export const drillScript = (prepare: string): string => `set -e
${words}${waits}${start}${prepare}
mkdir -p "$1"
chmod 700 "$1"
folder=$(mktemp -d "$1/drill.XXXXXX")
trap 'rm -rf "$folder"' EXIT
printf '%s' "$3" > "$folder/guard.sh"
token=$(printf '%016x' $$)
prepare "$token"
met || { echo "the rehearsal of the second dead man could not be prepared" >&2; exit 1; }
read -r begin rest < /proc/uptime
start "$folder" "$token" "$2" "$folder/trace" "--property=NetworkNamespacePath=/proc/$$/ns/net" ||
  { echo "the second dead man does not wait" >&2; exit 1; }
latest=$(( $(tenths) + $2 + 50 ))
while met; do
  if [ "$(tenths)" -gt "$latest" ]; then echo "the second dead man did not fire" >&2; exit 1; fi
  sleep 0.05
done
read -r end rest < /proc/uptime
until [ -s "$folder/trace" ]; do
  if [ "$(tenths)" -gt "$latest" ]; then echo "the second dead man left no trace" >&2; exit 1; fi
  sleep 0.05
done
echo "$begin $end"`;
