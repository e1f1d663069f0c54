import { spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { openDatabase } from "../src/engines/duckdb/database.ts";
import { literal } from "../src/engines/duckdb/dialect.ts";
import type { Figure } from "./figure.ts";

const records = 10_000_000;
/** Masters that poll controllers over a week, in turn. */
const flows = 500;
const main = join(import.meta.dirname, "../sluice/main.js");
const fields =
  "ts uid id.orig_h id.orig_p id.resp_h id.resp_p proto service duration orig_bytes resp_bytes conn_state local_orig " +
  "local_resp missed_bytes history orig_pkts orig_ip_bytes resp_pkts resp_ip_bytes tunnel_parents";

/** A conn.log as Zeek writes it, made by the database, since nothing else here writes a gigabyte as fast. */
async function generate(folder: string, log: string): Promise<void> {
  const database = await openDatabase({ temporaryFolder: join(folder, "spill"), memory: 700e6 });
  const row = `printf('%.6f', 1700000000 + i * 0.06048 + (hash(i) % 1000) / 1e6), 'C' || printf('%016x', hash(i)),
    '10.1.' || (f // 250) || '.' || (1 + f % 250), 32768 + hash(i * 7) % 28000,
    '10.2.0.' || (1 + f % 40), CASE f % 4 WHEN 0 THEN 44818 WHEN 1 THEN 4840 ELSE 502 END, 'tcp', '-',
    printf('%.6f', (hash(i * 3) % 5000000) / 1e6), 120, 240, 'SF', 'T', 'T', 0, 'ShADadFf',
    6 + hash(i * 5) % 4, 400 + hash(i * 11) % 100, 5, 380, '-'`;
  const body = join(folder, "body.tsv");
  await database.run(`COPY (SELECT ${row} FROM (SELECT i, i % ${flows} AS f FROM range(${records}) numbers(i)))
    TO ${literal(body)} (DELIMITER '\\t', HEADER false, QUOTE '')`);
  database.close();
  const header = openSync(log, "w");
  writeSync(
    header,
    `#separator \\x09\n#unset_field\t-\n#path\tconn\n#fields\t${fields.replaceAll(" ", "\t")}\n`,
  );
  closeSync(header);
  shell(`cat '${body}' >> '${log}' && rm '${body}'`);
}

interface Ran {
  readonly seconds: number;
  /** Largest resident set, in MB. */
  readonly memory: number;
}

/** Seconds that a command takes. @throws where it fails. */
function shell(command: string): number {
  const started = performance.now();
  const { status, stderr } = spawnSync("sh", ["-c", command], {
    encoding: "utf8",
    stdio: ["ignore", "ignore", "pipe"],
  });
  if (status !== 0) throw new Error(`${command} failed: ${stderr}`);
  return (performance.now() - started) / 1000;
}

/** Runs `sluice`, which tells its own memory at its end. */
function sluice(...args: readonly string[]): Ran {
  const started = performance.now();
  const tell = "process.on('exit',()=>process.stderr.write('peak '+process.resourceUsage().maxRSS+'\\n'));";
  const { status, stderr } = spawnSync(
    process.execPath,
    ["--import", `data:text/javascript,${encodeURIComponent(tell)}`, main, ...args],
    { encoding: "utf8", stdio: ["ignore", "ignore", "pipe"] },
  );
  if (status !== 0) throw new Error(`sluice ${args.join(" ")} failed: ${stderr}`);
  return {
    seconds: (performance.now() - started) / 1000,
    memory: Number(/^peak (\d+)$/m.exec(stderr)?.[1]) / 1024,
  };
}

/** The same aggregation as an engineer would write it: sums, and median, deviation and maximum of the gaps. */
async function plainSql(folder: string, log: string): Promise<number> {
  const database = await openDatabase({ temporaryFolder: join(folder, "spill"), memory: 2e9 });
  const types: Readonly<Record<string, string>> = {
    ...{ ts: "DOUBLE", duration: "DOUBLE", "id.orig_p": "INTEGER", "id.resp_p": "INTEGER" },
    ...{ orig_pkts: "BIGINT", orig_ip_bytes: "BIGINT", resp_pkts: "BIGINT", resp_ip_bytes: "BIGINT" },
  };
  const columns = fields.split(" ").map((name) => `'${name}': '${types[name] ?? "VARCHAR"}'`);
  const started = performance.now();
  await database.rows(`WITH log AS (SELECT * FROM read_csv(${literal(log)}, columns = {${columns.join(", ")}},
    delim = '\\t', header = false, quote = '', escape = '', skip = 4, nullstr = '-', auto_detect = false)),
  flow AS (SELECT "id.orig_h", "id.resp_h", proto, "id.resp_p", count(*) AS connections,
    sum(orig_pkts + resp_pkts) AS packets, sum(orig_ip_bytes + resp_ip_bytes) AS bytes, min(ts) AS first,
    max(ts + coalesce(duration, 0)) AS last, list_sort(list(ts)) AS times FROM log GROUP BY ALL),
  gaps AS (SELECT * EXCLUDE (times),
    list_transform(list_zip(times[2:], times[:-2]), lambda pair: pair[1] - pair[2]) AS gaps FROM flow)
  SELECT * EXCLUDE (gaps), list_aggregate(gaps, 'median'), list_aggregate(gaps, 'mad'), list_max(gaps) FROM gaps`);
  const seconds = (performance.now() - started) / 1000;
  database.close();
  return seconds;
}

const installed = (program: string): boolean => spawnSync("sh", ["-c", `command -v ${program}`]).status === 0;

/** Ten million lines of Zeek to a baseline with cadence, and from the store, beside what others take for less. */
export async function bench(): Promise<readonly Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), "sluice-bench-"));
  try {
    const [log, store] = [join(folder, "conn.log"), join(folder, "store")];
    await generate(folder, log);
    const plain = await plainSql(folder, log);
    const added = sluice("observe", log, "--store", store, "--json");
    const derived = sluice("observe", "--store", store, "--json");
    const sums = `mawk -F'\\t' '!/^#/{n[$3" "$5" "$6]++; p[$3" "$5" "$6]+=$17+$19} END{for(k in n)print k,n[k],p[k]}'`;
    return [
      { name: "conn.log to baseline with cadence", value: records / added.seconds, unit: "records/s" },
      { name: "its time / plain DuckDB SQL of the same", value: added.seconds / plain, unit: "times" },
      { name: "its memory", value: Math.round(added.memory), unit: "MB" },
      { name: "store to baseline", value: derived.seconds, unit: "s" },
      ...(installed("mawk")
        ? [
            {
              name: "mawk, sums without cadence / conn.log to baseline",
              value: shell(`${sums} '${log}'`) / added.seconds,
              unit: "times as long",
            },
          ]
        : []),
      {
        name: "cut | sort | uniq -c / conn.log to baseline",
        value: shell(`cut -f3,5,6 '${log}' | LC_ALL=C sort | uniq -c`) / added.seconds,
        unit: "times as long",
      },
    ];
  } finally {
    rmSync(folder, { recursive: true });
  }
}
