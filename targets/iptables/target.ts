import type { Target } from "../../src/target.ts";
import { capabilities } from "./capabilities.ts";
import { createDriver } from "./driver.ts";
import { emit } from "./emit.ts";
import { isDump, readForeign } from "./foreign/read.ts";
import { conduitKey } from "./names.ts";
import { parse } from "./parse.ts";

export const iptables: Target = {
  name: "iptables",
  extension: ".rules",
  capabilities,
  conduitName: conduitKey,
  emit,
  parse,
  driver: createDriver,
  foreign: { recognises: isDump, read: readForeign },
};
