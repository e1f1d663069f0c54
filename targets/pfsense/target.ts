import type { Target } from "../../src/target.ts";
import { capabilities } from "./capabilities.ts";
import { createDriver } from "./driver.ts";
import { emit } from "./emit.ts";
import { parse } from "./parse.ts";

export const pfsense: Target = {
  name: "pfsense",
  extension: ".pf",
  capabilities,
  emit,
  parse,
  driver: (session, paths) => createDriver(session, paths),
};
