import { setTimeout as sleep } from "node:timers/promises";
import type { RunningServer } from "@flashdeal/infra/servers";
import { present } from "../../world/expect.ts";
import type { Point, RandomFault, Victim, WireName } from "./faults.ts";
import type { Wire } from "./wire.ts";

/** What a fault needs to know of the platform. */
export interface Scene {
  readonly processes: ReadonlyMap<string, RunningServer>;
  readonly wires: ReadonlyMap<WireName, Wire>;
  readonly random: () => number;
  /** Since when orders are acknowledged over REST as well as over gRPC: when the calls of the newest ones began, the older of the two, by `performance.now`. */
  readonly lastOrderMs: () => number;
  /** Whether units were sold by an event since this moment, by `Date.now`. */
  readonly soldSince: (unixMs: number) => Promise<boolean>;
}

/** A fault, and how long it took until all went on. */
export interface StruckFault {
  readonly name: string;
  /** False: the moment never came while it was waited for. */
  readonly struck: boolean;
  /** From the start of the process until it says that it is ready, in milliseconds; 0 where none was killed. */
  readonly startMs: number;
  /** From then on until, over each protocol, an order was acknowledged whose call began after it; `recoveryTimeoutMs` where there was none by then. */
  readonly orderMs: number;
  /** From then on until an event had sold a hold. */
  readonly saleMs: number;
}

const pointTimeoutMs = 30_000;
/** The run goes on when it is over, and the fault is reported. */
const recoveryTimeoutMs = 30_000;
const silenceMs = 1_500;
const delayMs = 250;

/** Holds back what is on the wire at that moment, kills the victim, and brings all back. */
export async function strikePoint(scene: Scene, { name, wire: wireName, moment, victim }: Point): Promise<StruckFault> {
  const wire = present(scene.wires.get(wireName), wireName);
  const timer = setTimeout(() => wire.heal(), pointTimeoutMs);
  const came = await wire.watch(moment());
  clearTimeout(timer);
  if (!came) return { name, struck: false, startMs: 0, orderMs: 0, saleMs: 0 };
  if (victim !== undefined) await serverOf(scene, victim).kill();
  wire.heal();
  return bringBack(scene, name, victim);
}

/** Strikes a moment after the last fault. */
export async function strikeAtRandom(scene: Scene, fault: RandomFault): Promise<StruckFault> {
  await sleep(200 + scene.random() * 1_000);
  if (fault.kind === "kill") {
    await serverOf(scene, fault.victim).kill();
    await sleep(scene.random() * 500);
    return bringBack(scene, `kill ${fault.victim}`, fault.victim);
  }
  const wire = present(scene.wires.get(fault.wire), fault.wire);
  if (fault.kind === "cut") wire.cut();
  else {
    if (fault.kind === "slow") wire.slowDown(delayMs);
    else wire.silence();
    await sleep(silenceMs);
    wire.heal();
  }
  return bringBack(scene, `${fault.kind} ${fault.wire}`, undefined);
}

function serverOf({ processes }: Scene, victim: Victim): RunningServer {
  return present(processes.get(victim), victim);
}

async function bringBack(scene: Scene, name: string, victim: Victim | undefined): Promise<StruckFault> {
  const killedMs = performance.now();
  if (victim !== undefined) await serverOf(scene, victim).restart();
  const startMs = victim === undefined ? 0 : Math.round(performance.now() - killedMs);
  const [orderMs, saleMs] = await Promise.all([untilOrdered(scene), untilSold(scene)]);
  return { name, struck: true, startMs, orderMs, saleMs };
}

/** How long it takes from now until an order is acknowledged over each protocol that was not yet asked for, in milliseconds; at most `recoveryTimeoutMs`. */
export async function untilOrdered({ lastOrderMs }: Pick<Scene, "lastOrderMs">): Promise<number> {
  const beganMs = performance.now();
  return timeUntil(async () => lastOrderMs() >= beganMs, 10);
}

async function untilSold({ soldSince }: Scene): Promise<number> {
  const beganUnixMs = Date.now();
  return timeUntil(() => soldSince(beganUnixMs), 100);
}

async function timeUntil(isBack: () => Promise<boolean>, pauseMs: number): Promise<number> {
  const beganMs = performance.now();
  const pastMs = (): number => Math.round(performance.now() - beganMs);
  while (pastMs() < recoveryTimeoutMs && !(await isBack())) await sleep(pauseMs);
  return Math.min(pastMs(), recoveryTimeoutMs);
}
