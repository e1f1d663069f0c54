import type { Reporter, TestModule } from "vitest/node";

/** Ends a run with `N passed, N failed, N skipped` on a line of its own, and names every test that was skipped. */
export class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const counts = { passed: 0, failed: 0, skipped: 0 };
    const skipped: string[] = [];
    for (const module of modules) {
      // A file that does not load runs no test, and that is a failure.
      if (module.errors().length > 0) counts.failed += 1;
      for (const test of module.children.allTests()) {
        const state = test.result().state;
        counts[state === "pending" ? "skipped" : state] += 1;
        if (state === "skipped") skipped.push(`${module.relativeModuleId}: ${test.fullName}`);
      }
    }
    const list = skipped.map((name) => `skipped: ${name}\n`).join("");
    process.stdout.write(
      `${list}\n${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped\n`,
    );
  }
}
