import type { TestSpecification } from "vitest/node";
import { BaseSequencer } from "vitest/node";

/** Labs and real hosts first: they wait for leases and links most of the time, and what computes fits in between. */
export class LabsFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const rank = ({ moduleId }: TestSpecification): number =>
      ["/test/lab/faults-", "/test/lab/", "/driver.test.ts", ""].findIndex((part) => moduleId.includes(part));
    return sorted.toSorted((one, other) => rank(one) - rank(other));
  }
}
