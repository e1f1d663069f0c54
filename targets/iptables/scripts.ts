import { disarmWords, extendWords } from "../linux-guard/scripts.ts";

// Shell for the host, each a fixed text. What varies comes in as words ($1, $2 …) or on standard input, never inside.

/** Uptime in tenths of a second: a time that no clock adjustment moves. */
const clock = `tenths() { awk '{ printf "%.0f", int($1 * 10) }' /proc/uptime; }
# Until when a list of ours holds, in tenths of the uptime; 0 when it says nothing. $1 list
end_of() {
  awk 'BEGIN { end = 0 }
    match($1, /^src=[0-9]+[.]/) { split(substr($1, 5), b, "."); t = ((b[1] * 256 + b[2]) * 256 + b[3]) * 256 + b[4]; if (t > end) end = t }
    END { printf "%.0f", end }' "/proc/net/xt_recent/$1"
}
# Lets a list hold for so long from now. What opens a gate is written before the end is noted, so the note is never
# later than the truth. $1 list, $2 seconds, $3… addresses that open its gate
hold() {
  list=/proc/net/xt_recent/$1
  end=$(($(tenths) + $2 * 10))
  shift 2
  old=$(sed -n 's/^src=\\([0-9]*[.][0-9.]*\\) .*/\\1/p' "$list") || return
  for entry; do echo "+$entry" > "$list" || return; done
  note=$((end >> 24 & 255)).$((end >> 16 & 255)).$((end >> 8 & 255)).$((end & 255))
  echo "+$note" > "$list" || return
  for entry in $old; do
    if [ "$entry" != 0.0.0.0 ] && [ "$entry" != "$note" ]; then echo "-$entry" > "$list" || return; fi
  done
}
# Ends a list at once, for both families. $1 list
finish() { if [ -e "/proc/net/xt_recent/$1" ]; then echo / > "/proc/net/xt_recent/$1"; fi; }`;

/** A digest of our part of one family, by which a change is refused when somebody else made one since. $1 command */
const digest = `digest() {
  "$1-save" | sed -n -e 's/ \\[[0-9]*:[0-9]*\\]$//' -e '/^:SLUICE/p' -e '/^-A SLUICE/p' -e '/^-A FORWARD .*-j SLUICE$/p' \\
    -e '/^-A FORWARD -j SLUICE$/p' | sha256sum | cut -c 1-64
}`;

/** Prints what is ours, each part behind a line that begins with `@`. $1 "elements" to show what was recorded, and what counts it */
export const listScript = `${digest}
set -e
for tool in iptables ip6tables; do echo "@digest $tool $(digest $tool)"; echo "@$tool"; $tool-save -c; done
echo @ipset
if command -v ipset > /dev/null; then
  for set in $(ipset list -n 2> /dev/null | grep '^sluice-'); do
    if [ "$1" = elements ]; then ipset save "$set"; else ipset save "$set" | sed -n 1p; fi
  done
fi
for list in /proc/net/xt_recent/SLUICE*; do
  if [ -e "$list" ]; then echo "@list \${list##*/}"; cat "$list" 2> /dev/null || true; fi
done
if [ "$1" = elements ]; then
  echo @counted
  for tool in iptables ip6tables; do $tool-save -c | sed -n '/^[[][0-9]*:[0-9]*[]] -A SLUICE-[^ ]*[.]rest /p'; done
  echo @boot
  read -r boot < /proc/sys/kernel/random/boot_id
  echo "$boot $(readlink /proc/self/ns/net)"
fi
echo @uptime
cut -d ' ' -f 1 /proc/uptime`;

/** The other one of the two variants that can stand side by side, per family. Never loads a kernel module. */
const otherVariant = `other() {
  case "$(iptables-restore --version)" in
    *legacy*) variant=nft ;;
    *) variant=legacy; grep -q . "/proc/net/$1_tables_names" 2> /dev/null || return ;;
  esac
  if command -v $1tables-$variant-save > /dev/null; then $1tables-$variant-save 2> /dev/null; fi
}`;

/** Rules of both families and variants, and of nft beside them. */
export const foreignScript = `${otherVariant}
for version in ip ip6; do
  echo "\${version}tables:"; \${version}tables-save 2> /dev/null
  echo "\${version}tables of the other variant:"; other $version
done
if command -v nft > /dev/null; then
  nft list tables | while read -r word family name; do
    case "$family $name" in
      ip\\ filter|ip\\ nat|ip\\ mangle|ip\\ raw|ip\\ security|ip6\\ filter|ip6\\ nat|ip6\\ mangle|ip6\\ raw|ip6\\ security) ;;
      *) nft -s list table "$family" "$name" ;;
    esac
  done
fi`;

/**
 * Makes a change: sets, IPv4, IPv6, lists, sets that are not needed any more. The two families are two commits; when the
 * second is refused, the first is undone. One change at a time; refused with 75 when our part is not what it was.
 * Standard input holds the files of the change, each behind a line "@name"; without the last, "end", a wire broke.
 * $1, $2 digests of IPv4 and IPv6, $3 a list that must still hold, or nothing. Exit 3 when it does not.
 */
export const commitScript = `${clock}
${digest}
files=$(mktemp -d) || exit 70
trap 'rm -rf "$files"' EXIT
cd "$files" || exit 70
awk '/^@/ { close(file); file = substr($0, 2); printf "" > file; next } { print > file }' || exit 70
if ! [ -e end ]; then echo "the change did not arrive whole" >&2; exit 70; fi
exec 9> /run/sluice-iptables.lock || exit 70
flock -w 30 9 || { echo "another change takes too long" >&2; exit 70; }
if [ "$(digest iptables)" != "$1" ] || [ "$(digest ip6tables)" != "$2" ]; then exit 75; fi
if [ -s sets-before ]; then ipset -exist restore < sets-before || exit 1; fi
iptables-restore --test --noflush --wait < iptables || exit 1
ip6tables-restore --test --noflush --wait < ip6tables || exit 1
if [ -n "$3" ] && ! { [ -e "/proc/net/xt_recent/$3" ] && [ "$(end_of "$3")" -gt "$(tenths)" ]; }; then exit 3; fi
iptables-restore --noflush --wait < iptables || exit 1
if ! ip6tables-restore --noflush --wait < ip6tables; then
  if iptables-restore --noflush --wait < undo-iptables; then
    echo "IPv6 was refused, and IPv4 is as it was" >&2; exit 1
  fi
  echo "IPv6 was refused, and IPv4 could not be put back: the two differ until the next change" >&2; exit 1
fi
while read -r step list words; do "$step" "$list" $words || exit 1; done < lists
while read -r set; do
  # The kernel lets go of a set a moment after the rules that used it. One that stays decides about no packet, and the
  # next change tries again.
  attempts=20
  until ipset destroy "$set" 2> refusal || [ $attempts = 0 ]; do
    attempts=$((attempts - 1))
    sleep 0.1
  done
done < sets-after`;

/**
 * Starts a lease anew, and the lock with it. It looks again afterwards: a renewal that the host held up until the lease
 * had ended is taken back. Exit 3 when the lease has ended, 4 when it is not there, 5 when the lock is not.
 * 6 when the guard is gone. $1 list of the lease, $2 list of the lock, $3 seconds, $4… what the guard's extension takes
 */
export const renewScript = `${clock}
${extendWords}
if ! [ -e "/proc/net/xt_recent/$1" ]; then exit 4; fi
if ! [ -e "/proc/net/xt_recent/$2" ] || [ "$(end_of "$2")" -le "$(tenths)" ]; then exit 5; fi
end=$(end_of "$1")
if [ "$end" -le "$(tenths)" ]; then exit 3; fi
hold "$2" "$3" && hold "$1" "$3" 0.0.0.0 :: || exit 1
if [ "$end" -le "$(tenths)" ]; then finish "$1"; exit 3; fi
shift 3
extend "$@"`;

/**
 * Ends the trial of the lock's holder, disarms its guard and lists what is left, all in one command: a wire that is slow,
 * or breaks, holds up no step of it. Without the lock it only lists. $1 list of the lock, $2 the guard's folder
 */
export const endScript = `${clock}
${disarmWords}
if [ -e "/proc/net/xt_recent/$1" ] && [ "$(end_of "$1")" -gt "$(tenths)" ]; then
  for lease in /proc/net/xt_recent/SLUICE-[0-9a-f]*; do
    if [ -e "$lease" ]; then finish "\${lease##*/}" || exit 1; fi
  done
  disarm "$2" || exit 1
fi
set --
${listScript}`;

/** Loads a file of ours on standard input where it cannot touch a packet, and lists what came of it. */
export const previewScript = `set -e
file=$(mktemp)
trap 'rm -f "$file"' EXIT
cat > "$file"
if grep -q '^#ipset ' "$file"; then sed -n 's/^#ipset //p' "$file" | ipset -exist restore; fi
for tool in iptables ip6tables; do
  $tool-restore --noflush --wait < "$file"
  $tool --wait -I FORWARD 1 -j SLUICE
done
${listScript}`;

/** Has both tools check a file of ours on standard input where it cannot touch a packet. */
export const checkScript = previewScript.slice(0, previewScript.indexOf(listScript));

/** Tries what a trial and its record need of the kernel, away from any packet. Fails without the first. */
export const probeScript = `set -e
rules() {
  echo '*filter'
  echo '-4 -A FORWARD -m recent --rcheck --seconds 1 --name SLUICE-PROBE --mask 0.0.0.0 --rsource -j DROP'
  echo '-6 -A FORWARD -m recent --rcheck --seconds 1 --name SLUICE-PROBE --mask :: --rsource -j DROP'
  echo '-A FORWARD -m conntrack --ctstate ESTABLISHED --ctdir REPLY -m comment --comment probe -j RETURN'
  echo '-A FORWARD -p tcp -m multiport --dports 1,2 -j RETURN'
  echo '-4 -A FORWARD -m iprange --src-range 192.0.2.1-192.0.2.2 -j RETURN'
  echo COMMIT
}
rules | iptables-restore --noflush --wait
rules | ip6tables-restore --noflush --wait
test -e /proc/net/xt_recent/SLUICE-PROBE`;

/** Tries whether a record can name what it saw: set type and match are modules of their own, and differ by kernel. */
export const probeSetsScript = `set -e
ipset create sluice-probe.4 hash:ip,port,ip family inet timeout 1 counters
ipset create sluice-probe.6 hash:ip,port,ip family inet6 timeout 1 counters
rule='-m set ! --match-set sluice-probe.4 src,dst,dst -j SET --add-set sluice-probe.4 src,dst,dst'
iptables --wait -A FORWARD $rule
ip6tables --wait -A FORWARD $(echo "$rule" | sed 's/probe[.]4/probe.6/g')`;

/** A packet that a gate of a list drops makes the write fail (EPERM). */
const sending = `{ ip link set lo up || ifconfig lo up; } 2> /dev/null
sent() { bash -c 'exec 3<> /dev/udp/127.0.0.1/9 && echo drill >&3' 2> /dev/null && bash -c 'exec 3<> /dev/udp/::1/9 && echo drill >&3' 2> /dev/null; }`;

/** Holds a gate in a namespace that ends with the command, until it lets packets pass; prints the uptime before and after. $1 seconds */
export const drillScript = `set -e
${sending}
for tool in iptables ip6tables; do
  mask=::; if [ $tool = iptables ]; then mask=0.0.0.0; fi
  $tool --wait -A OUTPUT -m recent --rcheck --seconds "$1" --name SLUICE-DRILL --mask $mask --rsource -j DROP
done
if ! sent; then echo "a packet could not be sent before the gate was armed" >&2; exit 1; fi
echo +0.0.0.0 > /proc/net/xt_recent/SLUICE-DRILL
echo +:: > /proc/net/xt_recent/SLUICE-DRILL
read -r start rest < /proc/uptime
if sent; then echo "the gate does not hold" >&2; exit 1; fi
until sent; do
  read -r now rest < /proc/uptime
  if [ "\${now%.*}" -gt $((\${start%.*} + $1 + 5)) ]; then echo "the lease did not end" >&2; exit 1; fi
  sleep 0.05
done
read -r now rest < /proc/uptime
echo "$start $now"`;

/** What the second dead man does: it closes the gate of a plan, whatever the kernel thinks of its time. */
export const undoing = {
  undo: `${clock}
undo() {
  list=SLUICE-$1
  said=nothing
  if [ -e "/proc/net/xt_recent/$list" ]; then
    if [ "$(end_of "$list")" -gt "$(tenths)" ]; then said=ended; fi
    finish "$list" || return 1
    if grep -q . "/proc/net/xt_recent/$list"; then return 1; fi
  fi
  echo $said
}`,
  /** A gate without a time: the kernel never closes it, so only the guard can. */
  rehearsal: `${sending}
prepare() {
  for tool in iptables ip6tables; do
    mask=::; if [ $tool = iptables ]; then mask=0.0.0.0; fi
    $tool --wait -A OUTPUT -m recent --rcheck --name "SLUICE-$1" --mask $mask --rsource -j DROP
  done
  echo +0.0.0.0 > "/proc/net/xt_recent/SLUICE-$1"
  echo +:: > "/proc/net/xt_recent/SLUICE-$1"
}
met() { ! sent; }`,
};

/** Commands that the driver needs and that are not there. */
export const toolsScript = `for tool in iptables iptables-save iptables-restore ip6tables ip6tables-save ip6tables-restore unshare flock awk \\
  sha256sum bash; do
  command -v $tool > /dev/null || echo $tool
done
exit 0`;

/** Names the families in which the other variant holds chains of ours. */
export const otherVariantScript = `${otherVariant}
for version in ip ip6; do
  if other $version | grep -q '^:SLUICE'; then echo \${version}tables; fi
done`;

/** Names the flowtables of nft on this host. */
export const flowtableScript = `if command -v nft > /dev/null; then nft list flowtables 2> /dev/null | awk '/flowtable/ { print $2 }'; fi`;

/** Runs the script of $1 with the words behind it in namespaces that end with it; the first word is a folder to mount on. */
export const withNamespacesScript = `script=$1
shift
folder=$(mktemp -d) || exit
trap 'rmdir "$folder"' EXIT
unshare --net --mount sh -c "$script" sh "$folder" "$@"`;

/**
 * Runs the boot entry and lists what came of it.
 * $1 empty folder, $2 boot file, $3 boot entry, $4 "candidate" when standard input stands in for the boot file, "absent"
 * when it is to be left out
 */
export const rehearseScript = `set -e
mount -t tmpfs none "$1"
if [ "$4" = candidate ] || [ "$4" = absent ]; then
  own=$(dirname "$2")
  mkdir "$1/old" "$1/new"
  mount --bind "$own" "$1/old"
  for entry in "$1/old"/* "$1/old"/.[!.]*; do
    if [ -e "$entry" ]; then ln -s "$entry" "$1/new/"; fi
  done
  rm -f "$1/new/$(basename "$2")"
  if [ "$4" = candidate ]; then
    cat > "$1/new/$(basename "$2")"
    chmod 755 "$1/new/$(basename "$2")"
  fi
  mount --bind "$1/new" "$own"
fi
"$3" start > "$1/said" 2>&1 < /dev/null || { cat "$1/said" >&2; exit 1; }
set --
${listScript}`;
