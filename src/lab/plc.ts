import { ServerTCP } from "modbus-serial";
import { identityOf, registerCount } from "./registers.ts";

// A PLC of the lab: `node plc.js UNIT`. A Modbus/TCP server on port 502 of both families, with a running count.
const unit = Number(process.argv[2]);
let count = 0;

const server = new ServerTCP(
  {
    getMultipleHoldingRegisters: (address: number, length: number) => {
      count = (count + 1) % 0x10000;
      const registers = [identityOf(unit), count, ...new Array<number>(registerCount - 2).fill(0)];
      return registers.slice(address, address + length);
    },
  },
  { host: "::", port: 502, unitID: unit },
);
server.on("serverError", (error) => {
  throw error;
});
