/** The thread of one worker: builds its driver and its answerer, and runs them until told to stop. */
import { randomInt } from "node:crypto";
import { parentPort, workerData } from "node:worker_threads";
import type { MessagePort } from "node:worker_threads";
import { present } from "../../base/assert.ts";
import { keepMemorySmall, releaseMemory } from "../../base/keep-memory-small.ts";
import { createAnswerer } from "./answerer.ts";
import type { ZoneAnswerer } from "./answerer.ts";
import { beat } from "./control-block.ts";
import { pinThread } from "./cpu-affinity.ts";
import { DgramDriver } from "./dgram-driver.ts";
import { loadLibc } from "./libc.ts";
import { MmsgDriver } from "./mmsg-driver.ts";
import { Bpf } from "./xdp/bpf.ts";
import { socketSteering } from "./xdp/socket-steering.ts";
import { XdpDriver } from "./xdp/xdp-driver.ts";
import type { Endpoint } from "./socket-address.ts";
import { createTcpArena } from "./tcp-connection.ts";
import type { ListenTarget } from "./tcp-server.ts";
import { TcpServer } from "./tcp-server.ts";
import { WorkerUpdates } from "./worker-updates.ts";
import type { MessageToWorker, Updates, WorkerSetup, WorkerTask, XdpTask } from "./worker-setup.ts";

const heartbeatIntervalMs = 250;

type TaskOf<Kind extends WorkerTask["kind"]> = Extract<WorkerTask, { kind: Kind }>;

async function main(setup: WorkerSetup, port: MessagePort): Promise<void> {
  const { task } = setup;
  if (task.kind === "mmsg") runMmsg(setup, task, port);
  else if (task.kind === "xdp") runXdp(setup, task, port);
  else if (task.kind === "dgram") await runDgram(setup, task, port);
  else await runTcp(setup, task, port);
}

function runMmsg(setup: WorkerSetup, task: TaskOf<"mmsg">, port: MessagePort): void {
  const counters = setup.counters.driver;
  const libc = loadLibc();
  if (task.cpu !== undefined) pinThread(libc, task.cpu);
  const driver = new MmsgDriver(libc, { ...task, counters });
  const answerer = createAnswerer(setup, driver.arena, "udp");
  const updates = new WorkerUpdates(setup, port, (news: Updates) => answerer.update(news));
  releaseMemory();
  updates.start();
  driver.run(answerer, {
    nextBatch() {
      answerer.setTime(Date.now());
      return updates.nextBatch();
    },
  });
}

function runXdp(setup: WorkerSetup, task: XdpTask, port: MessagePort): void {
  const libc = loadLibc();
  const bpf = new Bpf(libc);
  const identification = randomInt(1 << 16);
  const counters = setup.counters.driver;
  const driver = new XdpDriver(libc, { ...task, counters, identification });
  const answer = { ...setup.answer, udpPayloadSizeMax: task.responseSizeMax };
  const answerer = createAnswerer({ ...setup, answer }, driver.arena, "udp");
  const updates = new WorkerUpdates(setup, port, (news: Updates) => answerer.update(news));
  const control = {
    nextBatch() {
      answerer.setTime(Date.now());
      return updates.nextBatch();
    },
  };
  const steering = socketSteering(bpf, task);
  try {
    steering.take();
    releaseMemory();
    updates.start();
    driver.run(answerer, control, steering);
  } finally {
    bpf.close();
  }
}

async function runDgram(
  setup: WorkerSetup,
  task: TaskOf<"dgram">,
  port: MessagePort,
): Promise<void> {
  const responseSizeMax = setup.answer.udpPayloadSizeMax;
  const driver = new DgramDriver({ counters: setup.counters.driver, responseSizeMax });
  const answerer = createAnswerer(setup, driver.arena, "udp");
  const updates = new WorkerUpdates(setup, port, (news: Updates) => answerer.update(news));
  await driver.start(task.endpoints, answerer);
  runEventLoop(setup, { port, updates, answerer, stop: () => driver.stop() });
}

async function runTcp(setup: WorkerSetup, task: TaskOf<"tcp">, port: MessagePort): Promise<void> {
  const arena = createTcpArena();
  const answerer = createAnswerer(setup, arena, "tcp");
  const updates = new WorkerUpdates(setup, port, (news: Updates) => answerer.update(news));
  const { tcp, sockets, endpoints } = task;
  const server = new TcpServer({ tcp, counters: setup.counters.driver, arena, answerer });
  await server.listen(listenTargets(sockets, endpoints));
  runEventLoop(setup, { port, updates, answerer, stop: () => server.stop() });
}

/** Node closes what it listens on, so it gets copies of the main thread's sockets. */
function listenTargets(sockets: readonly number[], endpoints: readonly Endpoint[]): ListenTarget[] {
  const libc = sockets.length > 0 ? loadLibc() : undefined;
  const targets: ListenTarget[] = endpoints.map(({ address, port }) => ({
    host: address,
    port,
    ipv6Only: true,
  }));
  if (libc) targets.push(...sockets.map((fd) => ({ fd: libc.dup(fd) })));
  return targets;
}

function runEventLoop(
  setup: WorkerSetup,
  options: {
    port: MessagePort;
    updates: WorkerUpdates<Updates>;
    answerer: ZoneAnswerer;
    stop(): Promise<void>;
  },
): void {
  const { port, updates, answerer, stop } = options;
  answerer.setTime(Date.now());
  const heartbeat = setInterval(() => {
    beat(setup.control, setup.index);
    answerer.setTime(Date.now());
  }, heartbeatIntervalMs);
  port.on("message", (message: MessageToWorker) => {
    updates.onMessage(message);
    if (message !== "stop") return;
    clearInterval(heartbeat);
    void stop().then(() => port.close());
  });
  updates.start();
  keepMemorySmall();
}

await main(workerData as WorkerSetup, present(parentPort, "a worker has a parent"));
