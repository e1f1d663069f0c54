// Makes dist/sluice/: the `sluice` command as few files, its packages inside. To load some hundred small modules took a
// short command longer than its work. Functions keep their names, so that a stack still says where it is.
import { join } from "node:path";
import { build } from "rolldown";

const root = join(import.meta.dirname, "..");
await build({
  // The second is what the command starts as a thread.
  input: {
    main: join(root, "src", "cli", "main.ts"),
    "log-half": join(root, "src", "cli", "observe", "log-half.ts"),
  },
  platform: "node",
  // A database and a registry of 5 MB, loaded by the one command that needs them; ssh2 looks for files beside its own.
  external: ["@duckdb/node-api", "oui-data", "ssh2"],
  output: {
    dir: join(root, "dist", "sluice"),
    cleanDir: true,
    entryFileNames: "[name].js",
    chunkFileNames: "[name].js",
  },
});
