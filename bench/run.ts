import { arch, cpus } from "node:os";
import type { Figure } from "./figure.ts";

/** Every bench, by name: `npm run bench` runs all, `npm run bench -- compile` one. */
const benches: Readonly<Record<string, () => Promise<{ readonly bench: () => Promise<readonly Figure[]> }>>> =
  {
    compile: () => import("./compile.ts"),
    follow: () => import("./follow.ts"),
    observe: () => import("./observe.ts"),
    packets: () => import("./packets.ts"),
    report: () => import("./report.ts"),
    rollout: () => import("./rollout.ts"),
    site: () => import("./site.ts"),
    store: () => import("./store.ts"),
  };

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !(name in benches));
if (unknown.length > 0) {
  process.stderr.write(
    `no such bench: ${unknown.join(", ")}; there are ${Object.keys(benches).join(", ")}\n`,
  );
  process.exit(64);
}

process.stdout.write(`node ${process.version}, ${arch()}, ${cpus().length} cores\n`);
for (const [name, load] of Object.entries(benches)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const { bench } = await load();
  process.stdout.write(`\n${name}\n`);
  for (const figure of await bench()) {
    const value = Number.isInteger(figure.value) ? String(figure.value) : figure.value.toPrecision(3);
    process.stdout.write(`  ${figure.name.padEnd(60)} ${value.padStart(10)} ${figure.unit}\n`);
  }
}
