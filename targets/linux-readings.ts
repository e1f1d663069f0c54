import type { DriverPaths, HostReadings, ProbeAnswer } from "../src/target.ts";
import { clientIn, readSaid, wholeNumber } from "./said.ts";

/**
 * Prints what a Linux host says of itself: its conntrack table, its addresses (a pair hands over by moving some), its
 * clock, and the least free space of the folders $1 …, each of which may still have to be made.
 */
export const readingsScript = `cat /proc/sys/net/netfilter/nf_conntrack_count /proc/sys/net/netfilter/nf_conntrack_max 2> /dev/null |
  tr '\\n' ' ' | sed 's/^/tracked /'
echo
{ ip -o addr show scope global; ip -o addr show scope site; } 2> /dev/null |
  awk '!/ (temporary|tentative|mngtmpaddr) / { print "address", $2, $4 }'
echo "clock $(date +%s)"
# sudo takes the variable away, so it is looked for with the parents too.
pid=$$
while [ "\${pid:-0}" -gt 1 ]; do
  found=$(tr '\\0' '\\n' < "/proc/$pid/environ" 2> /dev/null | sed -n 's/^SSH_CONNECTION=\\([^ ]*\\) .*/client \\1/p')
  if [ -n "$found" ]; then echo "$found"; break; fi
  pid=$(awk '{ print $4 }' "/proc/$pid/stat" 2> /dev/null)
done
for folder; do
  while ! [ -d "$folder" ]; do folder=$(dirname "$folder"); done
  df -Pk "$folder" | awk 'NR == 2 { print "free", $4 }'
done`;

/** @throws {DriverError} for an answer that is not that of the script. */
export function readReadings(printed: string): HostReadings {
  const said = readSaid(printed);
  const [entries, limit] = (said.get("tracked")?.[0] ?? "").trim().split(" ");
  return {
    ...(entries && limit && { tracked: { entries: wholeNumber(entries), limit: wholeNumber(limit) } }),
    standing: (said.get("address") ?? []).toSorted(),
    clock: wholeNumber(said.get("clock")?.[0]),
    ...clientIn(said),
    freeBytes: 1024 * Math.min(...(said.get("free") ?? [undefined]).map(wholeNumber)),
  };
}

/** Opens a TCP connection and closes it. Exit 0 when it opened, 1 when not, 69 without a tool for it. $1 address, $2 port, $3 seconds */
export const probeScript = `if command -v bash > /dev/null && command -v timeout > /dev/null; then
  timeout "$3" bash -c 'exec 3<> "/dev/tcp/$1/$2"' bash "$1" "$2" 2> /dev/null && exit 0
  exit 1
fi
if command -v nc > /dev/null; then nc -z -w "$3" "$1" "$2" > /dev/null 2>&1 && exit 0; exit 1; fi
exit 69`;

export const probeAnswer = (code: number): ProbeAnswer =>
  code === 0 ? "open" : code === 1 ? "closed" : "unknown";

/**
 * Prints the settings of conntrack that decide whether a session outlives a reboot of the firewall or a failover, and
 * whether the daemon runs that gives the sessions of one member of a pair to the other (conntrackd(8)).
 */
export const conntrackSettings = `for name in nf_conntrack_tcp_loose nf_conntrack_helper nf_conntrack_tcp_be_liberal; do
  if [ -e "/proc/sys/net/netfilter/$name" ]; then echo "$name $(cat "/proc/sys/net/netfilter/$name")"; fi
done
if grep -qsx conntrackd /proc/[0-9]*/comm; then echo "conntrackd runs"; fi`;

/** What of these settings no change may be made with, each with how to mend it. */
export function conntrackObstacles(
  printed: string,
  { paired }: Pick<DriverPaths, "paired">,
): readonly string[] {
  const set = new Map(printed.split("\n").map((line) => line.split(" ") as [string, string]));
  const mend = (name: string, value: number): string =>
    `sysctl -w net.netfilter.${name}=${value}, and the same line in /etc/sysctl.d`;
  return [
    ...(set.get("nf_conntrack_tcp_loose") === "0"
      ? [
          "nf_conntrack_tcp_loose is off, so that no session that is open now would outlive a reboot of the firewall: " +
            mend("nf_conntrack_tcp_loose", 1),
        ]
      : []),
    ...(set.get("nf_conntrack_helper") === "1"
      ? [
          "nf_conntrack_helper is on, so that packets may open ports that no permit names: " +
            mend("nf_conntrack_helper", 0),
        ]
      : []),
    // A member that takes over again still has the sessions with the windows of when it lost them: what comes now lies
    // outside and is invalid, replies too. A member that never had a session takes it up with any window.
    ...(paired && set.get("nf_conntrack_tcp_be_liberal") !== "1" && set.get("conntrackd") !== "runs"
      ? [
          "nf_conntrack_tcp_be_liberal is off and conntrackd does not run, so that this member of a pair would take sessions " +
            `that come back to it after a failover for invalid: ${mend("nf_conntrack_tcp_be_liberal", 1)}, or run conntrackd ` +
            "on both members",
        ]
      : []),
  ];
}
