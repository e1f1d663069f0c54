import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { finish } from "../lab/lab-fixture.ts";

const setup = [process.execPath, join(import.meta.dirname, "..", "..", "tools", "setup.mjs")];
const asRoot = process.getuid?.() === 0;

describe("the setup", { timeout: 60_000 }, () => {
  test("is quiet and quick when nothing is missing", async () => {
    await finish([...setup, "demo"]);
    const started = performance.now();
    const again = await finish([...setup, "demo"]);
    expect(again).toEqual({ code: 0, stdout: "", stderr: "" });
    // Half a second on an idle machine; this one also runs the other tests.
    expect(performance.now() - started).toBeLessThan(3000);
  });

  test("refuses a purpose that it does not know", async () => {
    const { code, stderr } = await finish([...setup, "production"]);
    expect(code).toBe(1);
    expect(stderr).toBe("setup: usage: node tools/setup.mjs demo|test|bench\n");
  });

  // Somebody who is not root, on a machine without tcpdump.
  const poor = (purpose: string) => {
    const command = [...setup, purpose].map((word) => `'${word}'`).join(" ");
    const nobody = "setpriv --reuid=65534 --regid=65534 --clear-groups";
    const hide = 'mount --bind /dev/null "$(command -v tcpdump)"';
    return finish(["unshare", "--mount", "sh", "-c", `${hide} && exec ${nobody} ${command}`]);
  };
  const name = asRoot ? "" : " (skipped, missing: root)";

  test.skipIf(!asRoot)(`tells who is not root what to install, and lets the tests go on${name}`, async () => {
    const { code, stderr } = await poor("test");
    expect(code).toBe(0);
    expect(stderr).toBe(
      "setup: missing: tcpdump; tests that need them will be skipped. As root: apt-get install --no-install-recommends tcpdump\n",
    );
  });

  test.skipIf(!asRoot)(`stops the demo, which cannot run without what is missing${name}`, async () => {
    const { code, stderr } = await poor("demo");
    expect(code).toBe(1);
    expect(stderr).toContain("missing: tcpdump; the demo cannot run without them. As root: apt-get install");
  });
});
