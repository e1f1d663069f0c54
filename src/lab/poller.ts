import { setTimeout as sleep } from "node:timers/promises";
import modbus from "modbus-serial";
import { plcs, sessions } from "./plant.ts";
import { appendPoll, deadlineMs, monotonicSeconds, type PollResult, periodMs } from "./poll-log.ts";
import { identityOf, registerCount } from "./registers.ts";

// A Modbus client of the lab: `node poller.js SESSION LOG`. It keeps one session open and asks every 200 ms.
const [id, log] = process.argv.slice(2) as [string, string];
const session = sessions.find((candidate) => candidate.id === id)!;
const { unit } = plcs.find((plc) => plc.name === session.plc)!;

type Client = InstanceType<typeof modbus.default>;

async function open(): Promise<Client> {
  const client = new modbus.default();
  client.setID(unit);
  client.setTimeout(deadlineMs);
  await client.connectTCP(session.address, { port: 502 });
  return client;
}

/** The first session may have to wait for the PLC to start; from then on every loss is counted. */
async function openAtStart(): Promise<Client> {
  for (;;) {
    try {
      return await open();
    } catch {
      await sleep(50);
    }
  }
}

async function ask(client: Client): Promise<boolean> {
  try {
    const answer = await client.readHoldingRegisters(0, registerCount);
    return answer.data[0] === identityOf(unit);
  } catch {
    return false;
  }
}

let client = await openAtStart();
let next = monotonicSeconds();
for (let n = 0; ; n++) {
  const at = monotonicSeconds();
  let result: PollResult;
  let ms: number | undefined;
  if (client.isOpen) {
    const good = await ask(client);
    ms = Math.round((monotonicSeconds() - at) * 1e6) / 1000;
    result = !good ? "missed" : ms <= periodMs ? "ok" : "late";
  } else {
    result = "reopened";
    client = await open().catch(() => client);
  }
  appendPoll(log, { n, at, result, ...(result === "ok" || result === "late" ? { ms } : {}) });
  // Polls keep to their slots; a slot that passed while an answer was awaited is not caught up with.
  const period = periodMs / 1000;
  next += period * Math.max(1, Math.ceil((monotonicSeconds() - next) / period));
  await sleep(Math.max(0, (next - monotonicSeconds()) * 1000));
}
