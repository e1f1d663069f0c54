import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Session } from "../../../src/session.ts";
import type { Driver, DriverPaths, Target } from "../../../src/target.ts";
import { createDriver } from "../../../targets/pfsense/driver.ts";
import { pfsense } from "../../../targets/pfsense/target.ts";
import type { FirewallHost } from "../../support/firewall-host.ts";
import { localSession } from "../../support/local-session.ts";

export const stubs = join(import.meta.dirname, "host");

/** What this machine lacks to run the host's scripts and its PHP. */
export const missingForPfsense = ["php", "php with its xml extension", "setsid"].find((need) => {
  try {
    const [command] = need.split(" ");
    execFileSync("sh", ["-c", need.includes("xml") ? "php -m | grep -qx dom" : `command -v ${command}`]);
    return false;
  } catch {
    return true;
  }
});

/** A host that behaves as pfSense's documented one: the driver's own scripts run for real, in a real sh and PHP. */
export interface PfsenseHost extends FirewallHost {
  readonly driver: Driver;
  /** A file that a stub reads or writes; undefined when there is none. */
  file(name: string): string | undefined;
  write(name: string, content: string): void;
  /** What a reboot does: anchors, run folder and processes go, and the main rules come from config.xml. */
  reboot(): void;
}

/** The driver of such a host: its files lie beside its config.xml. */
function driverOf(session: Session, paths: DriverPaths): Driver {
  const path = (name: string): string => join(dirname(paths.bootEntry), name);
  return createDriver(session, paths, {
    ...{ run: path("run"), filterLog: path("filter.log"), version: path("version") },
  });
}

export const pfsenseInTest: Target = { ...pfsense, driver: driverOf };

export const emptyConfig =
  '<?xml version="1.0"?>\n<pfsense>\n\t<version>22.9</version>\n\t<filter>\n\t\t<rule>\n\t\t\t<tracker>1545574416</tracker>\n\t\t\t<type>pass</type>\n\t\t\t<descr><![CDATA[LAN to any]]></descr>\n\t\t</rule>\n\t</filter>\n\t<aliases></aliases>\n</pfsense>\n';

export function startPfsenseHost(): PfsenseHost {
  const folder = mkdtempSync(join(tmpdir(), "sluice-pfsense-"));
  const path = (name: string): string => join(folder, name);
  mkdirSync(path("anchors"));
  writeFileSync(path("config.inc"), `<?php require_once("${join(stubs, "pfsense.php")}");`);
  for (const name of ["functions.inc", "filter.inc"]) writeFileSync(path(name), "");
  writeFileSync(path("config.xml"), emptyConfig);
  writeFileSync(path("filter.log"), "");
  writeFileSync(path("version"), "2.7.2-RELEASE\n");
  writeFileSync(path("main"), 'anchor "userrules/*" all\npass in on lan all flags S/SA keep state\n');
  writeFileSync(path("info"), "Status: Enabled for 12 days 03:04:05           Debug: Urgent\n");
  const environment = [`PF=${folder}`, `PATH=${stubs}:${process.env.PATH}`, `PHPRC=${folder}`];
  writeFileSync(path("php.ini"), `include_path=${folder}\nauto_prepend_file=${join(stubs, "pfsense.php")}\n`);
  const prefix = ["env", ...environment];
  const paths: DriverPaths = { bootFile: path("state/boot.pf"), bootEntry: path("config.xml") };
  const run = (command: string): string =>
    execFileSync("env", [...environment, "sh", "-c", command], { encoding: "utf8" });
  const stopWatchers = (): void => {
    run(
      `for file in ${folder}/run/*.pid ${folder}/run/*/*.pid; do if [ -e $file ]; then kill $(cat $file) 2> /dev/null; fi; done; true`,
    );
  };
  return {
    ...{ driver: driverOf(localSession(prefix), paths), prefix, paths, folder },
    file: (name) => (existsSync(path(name)) ? readFileSync(path(name), "utf8") : undefined),
    write: (name, content) => writeFileSync(path(name), content),
    run,
    reboot() {
      stopWatchers();
      for (const name of ["anchors", "run"]) rmSync(path(name), { recursive: true, force: true });
      mkdirSync(path("anchors"));
    },
    stop() {
      stopWatchers();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
