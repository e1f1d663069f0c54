import type { Driver } from "../../target.ts";
import { lockText } from "../holder.ts";
import { type KnownGood, mendRing, type Ring, readRing, withPin, writeRing } from "./known-good.ts";

/** Why the known-goods of a firewall stay as they are, or undefined when they were changed. */
type Refusal = string | undefined;

/** Seconds that changing the ring may take. */
const lockSeconds = 60;

/** Pins a known-good, or takes its pin away. */
export const pin = (
  driver: Driver,
  holder: string,
  number: number,
  mark: KnownGood["pinned"],
): Promise<Refusal> =>
  changeRing(driver, holder, (ring) => {
    const known = ring.entries.map((entry) => entry.number);
    if (!known.includes(number)) return `there is no known-good ${number}; it has ${known.join(", ")}`;
    return writeRing(driver, withPin(ring, number, mark), driver.absence);
  });

/** Writes the texts of all known-goods, and the script for the console, as they were kept. */
export const mend = (driver: Driver, holder: string): Promise<Refusal> =>
  changeRing(driver, holder, (ring) => mendRing(driver, ring, driver.absence));

/** Under the firewall's lock: a change that ends meanwhile adds to the ring too. */
async function changeRing(
  driver: Driver,
  holder: string,
  change: (ring: Ring) => Promise<void> | string,
): Promise<Refusal> {
  const other = await driver.lock(holder, lockSeconds);
  if (other !== undefined) {
    const { lock } = await driver.read();
    return `the firewall is locked by ${lock ? lockText(lock) : other}`;
  }
  try {
    const ring = await readRing(driver);
    return ring ? ((await change(ring)) ?? undefined) : "there are no known-goods yet";
  } finally {
    await driver.unlock(holder);
  }
}
