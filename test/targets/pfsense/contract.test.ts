import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { locally } from "../../support/wires.ts";
import { driverContract } from "../driver-contract.ts";
import { missingForPfsense, pfsenseInTest, startPfsenseHost } from "./pfsense-host.ts";

const guard = "arming starts both of its watchers, so there is no second step: driver.test.ts";
const linux = "it is about Linux";

driverContract({
  name: "the pfSense driver on its stand-in",
  missing: missingForPfsense,
  target: pfsenseInTest,
  start: startPfsenseHost,
  connect: locally,
  // Its dead man is two processes that look every few seconds, on a host whose time runs five times as fast.
  pace: { unit: 20, perSecond: 5 },
  stranger: {
    openTrial: "echo 'pass quick all' | pfctl -a userrules/sluice_dmz_cell1 -f -",
    openConfirmed: "sed -i 's,<type>block</type>,<type>pass</type>,' $PF/config.xml",
    removeOurs: "pfctl -a userrules/sluice_dmz_cell1 -F rules",
    prepare: "echo 'pass in on opt1 all' >> $PF/main",
    count: "echo 'USER_RULE: other 9 9 9 9 9 9 9 9' >> $PF/labels",
    change: "echo 'block in on opt2 all' >> $PF/main",
  },
  confirmed: "with the boot file",
  leftovers: /10\.20\.1\.10 /,
  runFolder: ({ folder }) => join(folder, "run"),
  async listen({ folder }, lines) {
    return async () => {
      const words = readFileSync(join(folder, "log"), "utf8").trimEnd().split("\n");
      return Array.from({ length: lines }, (_, line) => words[4 * line + 3]!);
    };
  },
  async openSession({ folder }, client, server, port) {
    const state = (head: string, id: number): string =>
      `${head}       ESTABLISHED:ESTABLISHED\n   [1 + 2] wscale 7  [3 + 4] wscale 7\n` +
      `   age 00:00:02, expires in 23:59:58, 2:1 pkts, 120:60 bytes, rule 4\n   id: 0${id} creatorid: 1c2d3e4f\n`;
    writeFileSync(
      join(folder, "states"),
      state(`all tcp ${server}:${port} <- ${client}:40000`, 1) +
        state(`all tcp ${client}:40000 -> ${server}:${port}`, 2),
    );
    return { close: () => writeFileSync(join(folder, "states"), "") };
  },
  lacks: {
    "the second dead man ends a trial that its lease does not, and leaves a trace": guard,
    "the second dead man outlives the session, is renewed with the lease, and leaves a confirmed trial alone":
      guard,
    "a renewal tells when the second dead man was killed, or was never there": guard,
    "a second dead man whose file is taken away ends the trial": guard,
    "the second dead man of an earlier plan leaves a later trial alone": guard,
    "the host tells its conntrack fill, its addresses, its clock and its disk": linux,
    "a member of a pair would cut sessions that come back to it, and the way to mend it is said": linux,
    "no session would outlive a reboot without loose pick-up, and the way to mend it is said": linux,
  },
});
