import type { Target } from "../../src/target.ts";
import { capabilities } from "./capabilities.ts";
import { createDriver } from "./driver.ts";
import { emit } from "./emit.ts";
import { isRuleset, readForeign } from "./foreign/read.ts";
import { anchorName } from "./names.ts";
import { parse } from "./parse.ts";

export const pfsense: Target = {
  name: "pfsense",
  extension: ".pf",
  capabilities,
  conduitName: anchorName,
  emit,
  parse,
  driver: (session, paths) => createDriver(session, paths),
  foreign: { recognises: isRuleset, read: readForeign },
};
