import { defineConfig } from "vitest/config";
import { ClosingLine } from "./test/closing-line.ts";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    reporters: ["default", new ClosingLine()],
    testTimeout: 20_000,
    // The slow files wait for leases and links most of the time: three at once fit on two cores.
    maxWorkers: 3,
  },
});
