import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { LabFolder } from "../../../src/lab/lab-folder.ts";
import { run as runLine } from "../../../src/lab/namespaces.ts";
import { portName } from "../../../src/lab/network.ts";
import { firewall } from "../../../src/lab/plant.ts";
import { childrenOf, runningLab } from "../../../src/lab/state.ts";
import { openConsole } from "./console.ts";
import { kernelFile } from "./kernel.ts";
import { giveQemu } from "./qmp.ts";
import { ownProcessor } from "./requirements.ts";

/** A virtual machine whose cards are plugged into the switches of a lab. */
export interface Machine {
  /** Takes its power away and gives it back: what it had in memory is gone. Resolves when it is up again. */
  reset(): Promise<string>;
  /** Lets the whole machine stand still, as a hypervisor does that moves it or takes a snapshot. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Runs a shell line at its own console. Rejects when it fails. */
  console(line: string): Promise<string>;
}

/** Pulls the cables out of the lab's firewall, and plugs them into a virtual machine with this disk. Resolves when it is up. */
export async function startMachine(lab: LabFolder, disk: string): Promise<Machine> {
  const [supervisor] = childrenOf(runningLab(lab)!.pid);
  const inLab = ["nsenter", `--target=${supervisor}`, "--net", "--mount", "--pid"];
  await runLine([...inLab, "ip", "-batch", "-"], tapCommands());
  const socket = (name: string): string => join(lab.root, `${name}.sock`);
  const [command, ...words] = [
    ...inLab,
    ...ownProcessor,
    "qemu-system-x86_64",
    ...machineWords(lab, disk, socket),
  ];
  const qemu = spawn(command!, words, { stdio: ["ignore", "inherit", "inherit"] });
  const isGone = new Promise<never>((_, reject) => {
    qemu.on("error", reject).on("exit", (code) => reject(new Error(`qemu ended (${code})`)));
  });
  // It ends with the lab, and then nobody waits for this any more.
  isGone.catch(() => undefined);
  const order = (name: string): Promise<void> => giveQemu(socket("qmp"), name);
  const guest = await Promise.race([openConsole(socket("console")), isGone]);
  const untilUp = (): Promise<void> =>
    Promise.race([guest.untilUp(), isGone]).catch((error: Error) => {
      throw new Error(`${error.message}\n${readFileSync(bootLog(lab), "utf8")}`);
    });
  await untilUp();
  return {
    async reset() {
      await order("system_reset");
      await untilUp();
      return "";
    },
    pause: () => order("stop"),
    resume: () => order("cont"),
    console: guest.run,
  };
}

const bootLog = (lab: LabFolder): string => join(lab.root, "guest.log");

const tapCommands = (): string =>
  firewall.links
    .flatMap(({ network }) => {
      const port = portName(firewall.name, network);
      return [
        `link delete dev ${port}`,
        `tuntap add dev ${port} mode tap`,
        `link set dev ${port} addrgenmode none`,
        `link set dev ${port} master ${network} up`,
      ];
    })
    .join("\n");

/**
 * Where the processor is a program, code is translated again wherever it lies at another address, which takes four times the
 * rest; and there is nothing to fear from speculation.
 */
const quicker = "norandmaps nokaslr mitigations=off systemd.show_status=no";

const machineWords = (lab: LabFolder, disk: string, socket: (name: string) => string): readonly string[] => [
  ...["-nodefaults", "-no-user-config", "-display", "none", "-m", "256"],
  // Not by the machine's own KVM: where that machine is virtual itself, it may be there and far slower than none.
  ...["-machine", "q35,accel=tcg", "-cpu", "max"],
  ...["-kernel", kernelFile()],
  ...["-append", `root=/dev/nvme0n1 ro init=/lib/systemd/systemd console=ttyS0 quiet ${quicker}`],
  ...["-drive", `if=none,id=disk,format=raw,cache=unsafe,file=${disk}`],
  ...["-device", "nvme,drive=disk,serial=disk"],
  ...firewall.links.flatMap(({ network }) => [
    ...["-netdev", `tap,id=${network},ifname=${portName(firewall.name, network)},script=no,downscript=no`],
    ...["-device", `virtio-net-pci,netdev=${network},romfile=`],
  ]),
  ...["-serial", `file:${bootLog(lab)}`],
  ...["-chardev", `socket,id=console,path=${socket("console")},server=on,wait=off`],
  ...["-serial", "chardev:console"],
  ...["-qmp", `unix:${socket("qmp")},server=on,wait=off`],
];
