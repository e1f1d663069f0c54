import type { CommandResult } from "../src/session.ts";

/** Where units of systemd lie, the owner's own first (systemd.unit(5)). */
const unitFolders = [
  ...["/etc/systemd/system", "/run/systemd/system", "/usr/local/lib/systemd/system"],
  ...["/usr/lib/systemd/system", "/lib/systemd/system"],
];

/**
 * Prints `late UNIT` where this host forwards, and the unit that runs the boot entry is not ordered before the first
 * interface comes up. Says nothing where no systemd runs, or no unit names the entry: then it is not known.
 * $1 a folder that is there when systemd runs, $2 boot entry, $3… folders of units
 */
export const bootOrderScript = `[ -d "$1" ] || exit 0
grep -qsx 1 /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv6/conf/all/forwarding || exit 0
entry=$2
shift 2
late=
for folder; do
  for unit in $(grep -lsF -- "$entry" "$folder"/*.service); do
    name=\${unit##*/}
    case " $(systemctl show -p Before --value "$name" 2> /dev/null) " in *" network-pre.target "*) exit 0 ;; esac
    late=\${late:-$name}
  done
done
if [ -n "$late" ]; then echo "late $late"; fi`;

export const bootOrderWords = (bootEntry: string): readonly string[] => [
  "/run/systemd/system",
  bootEntry,
  ...unitFolders,
];

/** What whoever reads the plan must know of a boot in which packets come before the rules. */
export function bootOrderCautions({ stdout }: Pick<CommandResult, "stdout">): readonly string[] {
  return [...stdout.matchAll(/^late ([\w@.:-]+)$/gm)].map(
    ([, unit]) =>
      `${unit} loads the rules, and is not ordered before the network: until it has run this host forwards without them, and ` +
      "a session whose answer comes first is tracked the wrong way round, so that what its client asks is dropped afterwards. " +
      `Put Wants=network-pre.target and Before=network-pre.target under [Unit] (systemctl edit ${unit})`,
  );
}
