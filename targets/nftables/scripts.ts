import { disarmWords, extendWords } from "../linux-guard/scripts.ts";

// Shell for the host, each a fixed text. What varies comes in as words ($1, $2 …) or on standard input, never inside.

/** Prints a file, and `present` or `absent` on standard error. $1 file */
export const readFileScript = `if [ -e "$1" ]; then cat -- "$1" && echo present >&2; else echo absent >&2; fi`;

/**
 * Writes standard input to a file so that a crash, or a wire that breaks half way, leaves the old content or the new;
 * prints its SHA-256. $1 folder, $2 name, $3 mode, $4 SHA-256 of what was sent
 */
export const writeFileScript = `set -e
mkdir -p "$1"
temporary=$(mktemp "$1/.sluice.XXXXXX")
trap 'rm -f "$temporary"' EXIT
cat > "$temporary"
if [ "$(sha256sum < "$temporary" | cut -c 1-64)" != "$4" ]; then echo "the file did not arrive whole" >&2; exit 1; fi
chmod "$3" "$temporary"
sync "$temporary"
mv -f "$temporary" "$1/$2"
sync "$1"
sha256sum < "$1/$2"`;

/** $1 folder, $2 name */
export const removeFileScript = `set -e
rm -f "$1/$2"
if [ -d "$1" ]; then sync "$1"; fi`;

/**
 * Prints who counts, and our table with numbers and handles, between two listings of the chains that count what no
 * permit admits. $… these chains
 */
export const countersScript = `read -r boot < /proc/sys/kernel/random/boot_id
echo "@boot $boot $(readlink /proc/self/ns/net)"
totals() { for chain; do nft -n list chain inet sluice "$chain" 2> /dev/null || true; done; }
echo @before
totals "$@"
echo @own
nft -n -a list table inet sluice || exit
echo @after
totals "$@"`;

/**
 * Rules of the iptables family, in all four variants that can stand beside nft. Never loads a kernel module: the legacy
 * commands do, so they run only where a legacy table exists (a file under /proc has no size, so it is read).
 */
export const foreignScript = `for command in iptables-nft-save ip6tables-nft-save; do
  if command -v $command > /dev/null; then echo "# $command"; $command 2> /dev/null || true; fi
done
for version in ip ip6; do
  if grep -q . /proc/net/\${version}_tables_names 2> /dev/null && command -v \${version}tables-legacy-save > /dev/null; then
    echo "# \${version}tables-legacy-save"; \${version}tables-legacy-save
  fi
done`;

/** Loads standard input in a network namespace that ends with the command, and lists what came of it. */
export const previewScript = `set -e
nft -f -
nft list ruleset`;

/**
 * Loads the host's boot entry in namespaces that end with the command, and lists what came of it. Interfaces that the
 * boot entry names by index must exist, so a second attempt has stand-ins for the host's own.
 * $1 empty folder, $2 boot file, $3 boot entry, $4 "candidate" when standard input stands in for the boot file, $5… interfaces
 */
export const rehearseScript = `set -e
mount -t tmpfs none "$1"
if [ "$4" = candidate ]; then
  folder=$(dirname "$2")
  mkdir "$1/old" "$1/new"
  mount --bind "$folder" "$1/old"
  for entry in "$1/old"/* "$1/old"/.[!.]*; do
    if [ -e "$entry" ]; then ln -s "$entry" "$1/new/"; fi
  done
  rm -f "$1/new/$(basename "$2")"
  cat > "$1/new/$(basename "$2")"
  mount --bind "$1/new" "$folder"
fi
entry=$3
shift 4
if ! nft -f "$entry" 2> /dev/null; then
  for interface; do ip link add "$interface" type veth 2> /dev/null || true; done
  nft -f "$entry"
fi
nft list ruleset`;

/** Runs the script of $1 with the words behind it in namespaces that end with it; the first word is a folder to mount on. */
export const withNamespacesScript = `set -e
script=$1
shift
folder=$(mktemp -d)
trap 'rmdir "$folder"' EXIT
unshare --net --mount sh -c "$script" sh "$folder" "$@" $(sed -n 's/^ *\\([^: ]*\\):.*/\\1/p' /proc/net/dev)`;

/** Loads standard input with a leased element and waits for the element to end; prints the uptime before and after. $1 element, $2 most seconds */
export const drillScript = `set -e
nft -f -
read start rest < /proc/uptime
nft get element inet sluice trial4 "{ $1 }" > /dev/null
while nft get element inet sluice trial4 "{ $1 }" > /dev/null 2>&1; do
  read now rest < /proc/uptime
  if [ "\${now%.*}" -gt $((\${start%.*} + $2)) ]; then echo "the lease did not end within $2 s" >&2; exit 1; fi
  sleep 0.05
done
read now rest < /proc/uptime
echo "$start $now"`;

/** Takes the elements of a trial out of both maps; a map that is not there leads no packet anywhere. */
const undo = `undo() {
  nft list tables > /dev/null || return 1
  said=nothing
  for map in trial4 trial6; do
    if nft list map inet sluice $map 2> /dev/null | grep -q "\\"plan:$1\\""; then
      nft flush map inet sluice $map || return 1
      said=ended
    fi
  done
  echo $said
}`;

/** A pair without a timeout: the kernel never ends it, so only the guard can. */
const rehearsal = (frame: string, pair: string): string => `prepare() {
  nft -f - <<RULES
${frame}add element inet sluice trial4 { ${pair} comment "plan:$1" : drop }
RULES
}
met() { nft get element inet sluice trial4 "{ ${pair} }" > /dev/null 2>&1; }`;

export const undoing = (frame: string, pair: string) => ({ undo, rehearsal: rehearsal(frame, pair) });

/** Renews lease and guard. Standard input: the transaction. Exit 1 when it is refused, 6 when the guard is gone. $1 folder, $2 token, $3 tenths */
export const renewScript = `${extendWords}nft -f - || exit 1
extend "$@"`;

/**
 * Ends a trial and lists what is left, all in one command: a wire that is slow, or breaks, holds up no step of it. First
 * what packets meet, then the guard, then the rules of the trial, which no packet meets any more.
 * Standard input: the transaction; exit 3 when it is refused, and the listing is of what is there. $1 folder
 */
export const endScript = `${disarmWords}leftovers() {
  nft -t list table inet sluice | {
    chains= sets=
    while read -r kind name rest; do
      case "$kind $name" in
        "chain t_"*) chains="$chains $name" ;;
        "set t_"*) sets="$sets $name" ;;
      esac
    done
    for chain in $chains; do echo "flush chain inet sluice $chain"; done
    for chain in $chains; do echo "delete chain inet sluice $chain"; done
    for set in $sets; do echo "delete set inet sluice $set"; done
  }
}
nft -f - || { nft list ruleset; exit 3; }
disarm "$1" && leftovers | nft -f - && nft list ruleset || exit 1`;
