// Shell for the host, each a fixed text for FreeBSD's /bin/sh. What varies comes in as words ($1, $2 …) or on standard
// input, never inside. The first word is always the run folder, which a reboot empties together with the anchors.

/**
 * Words that the scripts share.
 * `now`: seconds since boot. The kernel moves kern.boottime when the clock is set, so the difference is monotonic.
 * `put NAME CONTENT`: replaces a file of the run folder in one step.
 * `holds HOLDER`: whether the lock is held by HOLDER and has not ended.
 * `empty ANCHOR`: takes the rules out of an anchor, and fails while any is left.
 */
const words = `now() { echo $(( $(date +%s) - $(sysctl -n kern.boottime | sed 's/^{ sec = \\([0-9]*\\).*/\\1/') )); }
put() { printf '%s\\n' "$2" > "$run/$1.$$" && mv -f "$run/$1.$$" "$run/$1"; }
holds() { read -r until by < "$run/lock" && [ "$by" = "$1" ] && [ "$(now)" -lt "$until" ]; } 2> /dev/null
empty() { pfctl -q -a "$1" -F rules && { pfctl -q -a "$1" -F Tables; [ -z "$(pfctl -a "$1" -s rules)" ]; }; } 2> /dev/null
run=$1
`;

/**
 * The dead man. The lease is one line: a token and the second at which it ends, or a word when it is over. Whoever
 * changes it takes it away first by renaming it, so that of two only one can. A watcher that finds it gone for three seconds,
 * or as long cannot read it, empties the anchor: all that is not a valid lease ends the trial. A busy host takes a second
 * to renew it.
 * $2 anchor, $3 token, $4 seconds of grace over the lease
 */
export const watchScript = `${words}
missing=0
while :; do
  sleep 0.5
  lease=$(cat "$run/lease" 2> /dev/null) || lease=
  case $lease in
    "$3 "[0-9]*)
      missing=0
      if [ "$(now)" -lt $(( \${lease#* } + $4 )) ]; then continue; fi
      mv "$run/lease" "$run/fired.$$" 2> /dev/null || continue ;;
    "$3 "* | *:*" "*) exit 0 ;;
    *)
      missing=$(( missing + 1 ))
      if [ $missing -lt 6 ]; then continue; fi ;;
  esac
  until empty "$2"; do sleep 1; done
  put lease "$3 expired"
  exit 0
done`;

/** `watch ANCHOR TOKEN GRACE NAME`: starts a watcher that outlives the session, and fails unless it runs. */
const watch = `watch() {
  pid=$run/$4.$$.pid
  daemon -f -p "$pid" sh -c "$watcher" sh "$run" "$1" "$2" "$3"
  for attempt in 1 2 3 4 5 6 7 8 9 10; do
    if [ -s "$pid" ] && kill -0 "$(cat "$pid")" 2> /dev/null; then return 0; fi
    sleep 0.2
  done
  echo "a watcher of the dead man does not run" >&2
  return 1
}
`;

/** Prints the holder when somebody else has the lock. A hard link is made by one of several only. $2 holder, $3 seconds */
export const lockScript = `${words}
mkdir -p "$run"
if [ -e "$run/lock" ]; then
  read -r until by < "$run/lock"
  if [ "$by" = "$2" ]; then put lock "$(( $(now) + $3 )) $2"; exit 0; fi
  if [ "$(now)" -lt "$until" ]; then echo "$by"; exit 0; fi
  rm -f "$run/lock"
fi
printf '%s\\n' "$(( $(now) + $3 )) $2" > "$run/mine.$$"
if ! ln "$run/mine.$$" "$run/lock" 2> /dev/null; then
  read -r until by < "$run/lock"
  echo "$by"
fi
rm -f "$run/mine.$$"`;

/** $2 holder */
export const unlockScript = `${words}
if read -r until by < "$run/lock" && [ "$by" = "$2" ]; then rm -f "$run/lock"; fi 2> /dev/null || true`;

/**
 * Starts a trial: both watchers run before the first rule is loaded. Fails unless the lock is held.
 * $2 anchor, $3 token, $4 seconds, $5 holder, $6 filter log, $7 the watcher; standard input: the rules
 */
export const armScript = `${words}${watch}
watcher=$7
cat > "$run/rules"
if ! holds "$5"; then echo "the lock is not held by $5" >&2; exit 1; fi
pfctl -q -a "$2" -n -f "$run/rules" || exit 1
put lock "$(( $(now) + $4 )) $5"
put log "$(( $( { wc -c < "$6" || echo 0; } 2> /dev/null) ))"
put lease "$3 $(( $(now) + $4 ))"
if watch "$2" "$3" 0 first && watch "$2" "$3" 2 second && pfctl -q -a "$2" -f "$run/rules"; then exit 0; fi
empty "$2"
put lease "$3 ended"
exit 1`;

/** `claim`: takes the lease away from all others for a moment. A watcher may be quicker. */
const claim = `claim() {
  for attempt in 1 2 3 4 5; do
    if mv "$run/lease" "$run/claim.$$" 2> /dev/null; then lease=$(cat "$run/claim.$$"); return 0; fi
    sleep 0.1
  done
  lease=
  return 1
}
back() { put lease "$lease"; rm -f "$run/claim.$$"; }
`;

/**
 * Starts the lease anew (`renew`) or ends it for good and leaves the rules (`confirm`); prints the token and `held`,
 * `confirmed`, `expired` or `ended`, or `foreign` when somebody else emptied the anchor or has the lock.
 * $2 anchor, $3 token, $4 seconds, $5 holder, $6 renew or confirm
 */
export const leaseScript = `${words}${claim}
if ! claim; then cat "$run/lease" 2> /dev/null; exit 0; fi
answer=$lease
case $lease in
  "$3 "[0-9]*)
    if [ "$(now)" -ge "\${lease#* }" ]; then answer="$3 expired"
    elif ! holds "$5" || [ -z "$(pfctl -a "$2" -s rules 2> /dev/null)" ]; then answer="$3 foreign"
    else
      put lock "$(( $(now) + $4 )) $5"
      case $6 in
        confirm) lease="$3 confirmed"; answer=$lease ;;
        *) lease="$3 $(( $(now) + $4 ))"; answer="$3 held" ;;
      esac
    fi ;;
esac
back
echo "$answer"`;

/** Ends the trial of the lock's holder. Packets leave the rules first, then the watchers. $2 anchor, $3 token, $4 holder */
export const disarmScript = `${words}${claim}
if ! holds "$4"; then exit 0; fi
case $(cat "$run/lease" 2> /dev/null) in
  "$3 "[0-9]*) ;;
  *) exit 0 ;;
esac
until empty "$2"; do sleep 0.2; done
if claim; then lease="$3 ended"; back; fi`;

/**
 * Rehearses the dead man in two anchors that nothing calls, each with one watcher alone. It begins at the turn of a
 * second; prints for each watcher the seconds from there until it fired, and then the tenths by which it was late.
 * $2 seconds, $3 the watcher
 */
export const drillScript = `${words}${watch}
watcher=$3
base=$run
turn=$(now)
until [ "$(now)" -gt "$turn" ]; do sleep 0.05; done
start=$(now)
for name in first second; do
  run=$base/drill-$name
  mkdir -p "$run"
  put lease "drill:$name $(( start + $2 ))"
  grace=0
  if [ $name = second ]; then grace=2; fi
  watch "sluice_drill/$name" "drill:$name" $grace $name || exit 1
  echo 'match in inet from 192.0.2.1 to 198.51.100.1' | pfctl -q -a "sluice_drill/$name" -f - || exit 1
done
said=
due=$(( start + $2 ))
for name in first second; do
  late=0
  while [ -n "$(pfctl -a "sluice_drill/$name" -s rules 2> /dev/null)" ]; do
    at=$(now)
    if [ $at -ge $due ]; then late=$(( late + 1 )); fi
    if [ $at -gt $(( due + 4 )) ]; then echo "the $name watcher did not fire" >&2; exit 1; fi
    sleep 0.1
  done
  fired=$(( $(now) - start ))
  if [ $late -gt 0 ]; then fired=$(( due - start )); fi
  said="$said $fired $late"
  due=$(( due + 2 ))
done
echo $said
rm -rf "$base/drill-first" "$base/drill-second"`;

/** Anchors of ours with their tables and rules, each under a heading. */
export const listScript = `for anchor in $(pfctl -a userrules -s Anchors 2> /dev/null | grep -E '^ *userrules/sluice_[a-z0-9_]+ *$'); do
  echo "# anchor $anchor"
  for table in $(pfctl -a "$anchor" -s Tables 2> /dev/null); do
    echo "table <$table> const { $(pfctl -a "$anchor" -t "$table" -T show | tr -s '[:space:]' ' ')}"
  done
  pfctl -a "$anchor" -P -s rules
done`;

/** Lease with the seconds that are left, lock likewise, each on a line of its own; empty where there is none. */
export const leaseStateScript = `${words}
at=$(now)
for name in lease lock; do
  if [ -e "$run/$name" ]; then echo "$name $at $(cat "$run/$name")"; fi
done`;

/**
 * What was logged since the trial was armed (`trial`) or at all; a word on standard error when that may not be
 * everything. $2 trial or confirmed, $3 filter log
 */
export const recordScript = `if [ ! -e "$3" ]; then echo absent >&2; exit 0; fi
from=0
if [ "$2" = trial ]; then from=$(cat "$1/log" 2> /dev/null || echo 0); fi
size=$(( $(wc -c < "$3") ))
if [ "$size" -lt "$from" ]; then echo rotated >&2; from=0; fi
if [ $(( size - from )) -gt 4000000 ]; then echo cut >&2; from=$(( size - 4000000 )); fi
tail -c +$(( from + 1 )) "$3"`;

/** Takes the rules out of every anchor of ours but the one on trial. $2 that anchor, or nothing */
export const emptyAnchorsScript = `${words}
for anchor in $(pfctl -a userrules -s Anchors 2> /dev/null | grep -E '^ *userrules/sluice_[a-z0-9_]+ *$'); do
  if [ "$anchor" = "$2" ]; then continue; fi
  empty "$anchor" || { echo "the anchor $anchor keeps its rules" >&2; exit 1; }
done`;

/**
 * Prints what the host says of itself: the states of pf and their limit, its addresses with the roles of CARP, its clock,
 * and the free space of the nearest folder to $1 that is there.
 */
export const readingsScript = `pfctl -s info | awk '/current entries/ { print "entries", $3 }'
pfctl -s memory | awk '$1 == "states" { print "limit", $4 }'
ifconfig 2> /dev/null | awk '/^[a-z]/ { name = $1 } /^[ \t]+(inet |inet6 |carp: )/ && !/(fe80:|temporary|tentative)/ {
  if ($1 == "carp:") print "address", name, $1, $2, $3, $4; else print "address", name, $2 }'
echo "clock $(date +%s)"
if [ -n "$SSH_CONNECTION" ]; then echo "client \${SSH_CONNECTION%% *}"; fi
folder=$1
while [ ! -d "$folder" ]; do folder=$(dirname "$folder"); done
df -Pk "$folder" | awk 'NR == 2 { print "free", $4 }'`;

/** Opens a TCP connection and closes it; fails when it does not open. $1 address, $2 port, $3 seconds */
export const probeScript = `nc -z -w "$3" "$1" "$2" > /dev/null 2>&1 || exit 1`;

/** Prints a file, and `present` or `absent` on standard error. $1 file */
export const readFileScript = `if [ -e "$1" ]; then cat -- "$1" && echo present >&2; else echo absent >&2; fi`;

/** Writes standard input to a file so that a crash leaves the old content or the new; prints its SHA-256. $1 folder, $2 name */
export const writeFileScript = `set -e
mkdir -p "$1"
chmod 700 "$1"
temporary=$(mktemp "$1/.sluice.XXXXXX")
trap 'rm -f "$temporary"' EXIT
cat > "$temporary"
sync
mv -f "$temporary" "$1/$2"
sync
sha256 -q "$1/$2" 2> /dev/null || sha256sum "$1/$2"`;
