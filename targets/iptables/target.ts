import type { Target } from "../../src/target.ts";
import { capabilities } from "./capabilities.ts";
import { createDriver } from "./driver.ts";
import { emit } from "./emit.ts";
import { parse } from "./parse.ts";

export const iptables: Target = {
  name: "iptables",
  extension: ".rules",
  capabilities,
  emit,
  parse,
  driver: createDriver,
};
