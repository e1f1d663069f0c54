/** Sluice is at work meanwhile: a file of its own may be gone before it is copied. */
const copy = `set -e
copy() {
  for attempt in 1 2 3 4 5; do if cp -a "$1/." "$2/"; then return; fi; sleep 0.1; done
  return 1
}`;

/** Shell: makes each of these folders a small disk of its own, and fills it. */
export const fillDisks = (folders: readonly string[]): string => `${copy}
for disk in ${folders.join(" ")}; do
  small=$(mktemp -d /run/small.XXXXXX)
  mount -t tmpfs -o size=2m none "$small"
  copy "$disk" "$small"
  mount --move "$small" "$disk"
  dd if=/dev/zero of="$disk/filler" bs=1k 2> /dev/null || true
done`;

/** Shell: the folders have their old disk again, with what was written meanwhile. Nothing is done to one that is no disk. */
export const emptyDisks = (folders: readonly string[]): string => `${copy}
for disk in ${folders.join(" ")}; do
  if ! [ -e "$disk/filler" ]; then continue; fi
  rm "$disk/filler"
  kept=$(mktemp -d /run/kept.XXXXXX)
  copy "$disk" "$kept"
  umount "$disk"
  copy "$kept" "$disk"
done`;
