import { defineConfig } from "vitest/config";
import { ClosingLine } from "./test/closing-line.ts";
import { LabsFirst } from "./test/labs-first.ts";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    reporters: ["default", new ClosingLine()],
    testTimeout: 20_000,
    sequence: { sequencer: LabsFirst },
    // The slow files wait for leases and links most of the time: four at once fit on two cores.
    maxWorkers: 4,
  },
});
