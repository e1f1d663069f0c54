import { platforms } from "./faults/platforms.ts";
import { faultSuite } from "./faults/suite.ts";

faultSuite(platforms.iptables, 2);
