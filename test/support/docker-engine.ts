import { randomBytes } from "node:crypto";
import { readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { join } from "node:path";

/** What Docker Engine 20.10.24 answered of a container on two networks with published ports. */
const recorded = JSON.parse(
  readFileSync(join(import.meta.dirname, "docker-engine-answers.json"), "utf8"),
) as { inspect: Inspect; listed: Record<string, unknown> };

type Inspect = {
  Id: string;
  Name: string;
  State: Record<string, unknown>;
  HostConfig: Record<string, unknown>;
  Config: Record<string, unknown>;
  NetworkSettings: Record<string, unknown> & {
    Networks: Record<string, Record<string, unknown>>;
  };
};

type Message = {
  Type: "container" | "network";
  Action: string;
  Actor: { ID: string; Attributes: Record<string, string> };
  scope: "local";
  time: number;
  timeNano: number;
};

export type ContainerSpec = {
  name: string;
  labels?: Record<string, string>;
  /** Addresses by network; the first is the one it is started on. */
  networks?: Record<string, { ipv4?: string; ipv6?: string }>;
  networkMode?: string;
  /** Whether it has a HEALTHCHECK, which begins with `starting`. */
  hasHealthCheck?: boolean;
  /** Such as `80/tcp`; published ones with where. */
  ports?: Record<string, { HostIp: string; HostPort: string }[] | null>;
  stopSignal?: string;
};

/** Events an engine remembers for `since`. */
const eventsKept = 256;

/**
 * Stands in for a Docker Engine: speaks the part of its API that discovery uses on a unix
 * socket, in the form of recorded answers, and has containers without processes.
 */
export class DockerEngineStandIn {
  readonly socketPath: string;
  readonly apiVersion: string;
  /** Requests that came, as `GET /v1.41/…`. */
  readonly requests: string[] = [];
  readonly #containers = new Map<string, Inspect>();
  readonly #events: Message[] = [];
  readonly #listeners = new Set<{ response: ServerResponse; wants(message: Message): boolean }>();
  #server: Server | undefined;
  #lastMs = 0;
  #addressCount = 1;

  constructor(options: { socketPath: string; apiVersion?: string }) {
    this.socketPath = options.socketPath;
    this.apiVersion = options.apiVersion ?? "1.41";
  }

  async listen(): Promise<void> {
    const server = createServer((request, response) => this.#answer(request, response));
    this.#server = server;
    await new Promise<void>((resolve) => server.listen(this.socketPath, resolve));
  }

  /** As when the engine is stopped; containers stay, as with `live-restore`. */
  async close(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    this.#listeners.clear();
    if (!server) return;
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    rmSync(this.socketPath, { force: true });
  }

  // What one does with containers

  /** `docker run -d`. @returns the id */
  run(spec: ContainerSpec): string {
    const id = randomBytes(32).toString("hex");
    const inspect = structuredClone(recorded.inspect);
    const networks = spec.networks ?? { bridge: {} };
    inspect.Id = id;
    inspect.Name = `/${spec.name}`;
    inspect.HostConfig["NetworkMode"] = spec.networkMode ?? Object.keys(networks)[0];
    inspect.Config["Labels"] = spec.labels ?? {};
    inspect.Config["ExposedPorts"] = Object.fromEntries(
      Object.keys(spec.ports ?? {}).map((port) => [port, {}]),
    );
    inspect.Config["Hostname"] = id.slice(0, 12);
    delete inspect.Config["StopSignal"];
    if (spec.stopSignal) inspect.Config["StopSignal"] = spec.stopSignal;
    if (spec.hasHealthCheck) inspect.Config["Healthcheck"] = { Test: ["CMD-SHELL", "true"] };
    inspect.NetworkSettings["Ports"] = spec.ports ?? {};
    inspect.NetworkSettings.Networks = {};
    this.#containers.set(id, inspect);
    for (const [network, address] of Object.entries(networks))
      this.#join(inspect, network, address);
    this.#tell(inspect, "create");
    this.start(id);
    return id;
  }

  start(id: string): void {
    const inspect = this.#get(id);
    const { Config } = inspect;
    inspect.State = {
      ...{ Status: "running", Running: true, Paused: false, Restarting: false, Dead: false },
      ...{ OOMKilled: false, Pid: 4242, ExitCode: 0, Error: "" },
      StartedAt: this.#timestamp(),
      FinishedAt: "0001-01-01T00:00:00Z",
      ...(Config["Healthcheck"]
        ? { Health: { Status: "starting", FailingStreak: 0, Log: [] } }
        : {}),
    };
    this.#tell(inspect, "start");
  }

  /** What a HEALTHCHECK finds. */
  setHealth(id: string, status: "healthy" | "unhealthy"): void {
    const inspect = this.#get(id);
    inspect.State["Health"] = { Status: status, FailingStreak: 0, Log: [] };
    this.#tell(inspect, `health_status: ${status}`);
  }

  /** A signal that the process does not die of. */
  signal(id: string, signal: number): void {
    this.#tell(this.#get(id), "kill", { signal: String(signal) });
  }

  /** The process ends. */
  die(id: string, exitCode = 0): void {
    const inspect = this.#get(id);
    inspect.State = {
      ...inspect.State,
      ...{ Status: "exited", Running: false, Paused: false, Pid: 0, ExitCode: exitCode },
      FinishedAt: this.#timestamp(),
    };
    this.#tell(inspect, "die", { exitCode: String(exitCode) });
  }

  /** `docker stop` of a process that obeys the first signal. */
  stop(id: string): void {
    this.signal(id, 15);
    this.die(id);
    this.#tell(this.#get(id), "stop");
  }

  setPaused(id: string, isPaused: boolean): void {
    const inspect = this.#get(id);
    inspect.State["Paused"] = isPaused;
    inspect.State["Status"] = isPaused ? "paused" : "running";
    this.#tell(inspect, isPaused ? "pause" : "unpause");
  }

  rename(id: string, name: string): void {
    const inspect = this.#get(id);
    const oldName = inspect.Name;
    inspect.Name = `/${name}`;
    this.#tell(inspect, "rename", { oldName });
  }

  /** `docker rm`: nothing knows the container any more. */
  remove(id: string): void {
    const inspect = this.#get(id);
    this.#containers.delete(id);
    this.#tell(inspect, "destroy");
  }

  connect(id: string, network: string, address: { ipv4?: string; ipv6?: string } = {}): void {
    this.#join(this.#get(id), network, address);
    this.#tellNetwork(id, "connect", network);
  }

  disconnect(id: string, network: string): void {
    delete this.#get(id).NetworkSettings.Networks[network];
    this.#tellNetwork(id, "disconnect", network);
  }

  ipv4(id: string, network = "bridge"): string {
    return String(this.#get(id).NetworkSettings.Networks[network]?.["IPAddress"]);
  }

  #join(inspect: Inspect, network: string, { ipv4, ipv6 }: { ipv4?: string; ipv6?: string }): void {
    const [model] = Object.values(recorded.inspect.NetworkSettings.Networks);
    this.#addressCount += 1;
    const isHost = network === "host";
    inspect.NetworkSettings.Networks[network] = {
      ...model,
      IPAddress: isHost ? "" : (ipv4 ?? `172.31.77.${this.#addressCount}`),
      GlobalIPv6Address: ipv6 ?? "",
    };
  }

  #get(id: string): Inspect {
    const inspect = this.#containers.get(id);
    if (!inspect) throw new Error(`no container ${id}`);
    return inspect;
  }

  /** Wall time that never stands still, as the engine's nanoseconds do not. */
  #nowMs(): number {
    this.#lastMs = Math.max(Date.now(), this.#lastMs + 1);
    return this.#lastMs;
  }

  #timestamp(): string {
    return new Date(this.#nowMs()).toISOString().replace("Z", "250066Z");
  }

  #tell(inspect: Inspect, action: string, more: Record<string, string> = {}): void {
    const labels = inspect.Config["Labels"] as Record<string, string>;
    const name = inspect.Name.slice(1);
    const attributes = { image: "signpost-busybox:1", name, ...labels, ...more };
    this.#send({ Type: "container", Action: action, id: inspect.Id, attributes });
  }

  #tellNetwork(id: string, action: string, network: string): void {
    const attributes = { container: id, name: network, type: "bridge" };
    this.#send({ Type: "network", Action: action, id: `network-${network}`, attributes });
  }

  #send(event: {
    Type: Message["Type"];
    Action: string;
    id: string;
    attributes: Record<string, string>;
  }): void {
    const { Type, Action, id, attributes } = event;
    const nowMs = this.#nowMs();
    const message: Message = {
      // Engines before 29 say some of it twice.
      ...(Type === "container" ? { status: Action, id, from: attributes["image"] } : {}),
      Type,
      Action,
      Actor: { ID: id, Attributes: attributes },
      scope: "local",
      time: Math.floor(nowMs / 1000),
      timeNano: nowMs * 1e6,
    };
    this.#events.push(message);
    if (this.#events.length > eventsKept) this.#events.shift();
    for (const { response, wants } of this.#listeners) {
      if (wants(message)) response.write(`${JSON.stringify(message)}\n`);
    }
  }

  // Its API

  #answer(request: IncomingMessage, response: ServerResponse): void {
    this.requests.push(`${request.method} ${request.url}`);
    const url = new URL(request.url ?? "/", "http://docker");
    response.setHeader("api-version", this.apiVersion);
    response.setHeader("server", "Docker/20.10.24+dfsg1 (linux)");
    const [, version, path = url.pathname] = /^\/v([\d.]+)(\/.*)$/.exec(url.pathname) ?? [];
    if (version && Number(version.split(".")[1]) > Number(this.apiVersion.split(".")[1])) {
      const limit = `Maximum supported API version is ${this.apiVersion}`;
      return refuse(response, 400, `client version ${version} is too new. ${limit}`);
    }
    if (request.method !== "GET") return refuse(response, 404, "page not found");
    if (path === "/_ping") return void response.end("OK");
    if (path === "/info") {
      return sendJson(response, { Name: "stand-in", ServerVersion: "20.10.24+dfsg1" });
    }
    if (path === "/containers/json") return sendJson(response, this.#list());
    if (path === "/events") return this.#follow(url.searchParams, response);
    const name = /^\/containers\/([^/]+)\/json$/.exec(path)?.[1];
    if (!name) return refuse(response, 404, "page not found");
    const inspect = this.#find(decodeURIComponent(name));
    if (inspect) sendJson(response, inspect);
    else refuse(response, 404, `No such container: ${name}`);
  }

  #find(name: string): Inspect | undefined {
    return [...this.#containers.values()].find((inspect) => {
      return inspect.Id.startsWith(name) || inspect.Name === `/${name}`;
    });
  }

  #list(): unknown[] {
    const running = [...this.#containers.values()].filter(({ State }) => State["Running"]);
    return running.map((inspect) => ({
      ...recorded.listed,
      Id: inspect.Id,
      Names: [inspect.Name],
      Labels: inspect.Config["Labels"],
      State: inspect.State["Status"],
      HostConfig: { NetworkMode: inspect.HostConfig["NetworkMode"] },
      NetworkSettings: { Networks: inspect.NetworkSettings.Networks },
    }));
  }

  #follow(query: URLSearchParams, response: ServerResponse): void {
    const filters = JSON.parse(query.get("filters") ?? "{}") as Record<string, string[]>;
    const wants = (message: Message): boolean => {
      const isType = filters["type"]?.includes(message.Type) ?? true;
      // As the engine compares: what stands before a colon.
      const action = message.Action.split(":")[0] ?? "";
      return isType && (filters["event"]?.includes(action) ?? true);
    };
    const since = query.get("since");
    response.setHeader("content-type", "application/json");
    response.flushHeaders();
    for (const message of since === null ? [] : this.#events) {
      // In whole milliseconds: nanoseconds are more than a number holds.
      const isLater = Math.round(message.timeNano / 1e6) >= Math.round(Number(since) * 1e3);
      if (isLater && wants(message)) response.write(`${JSON.stringify(message)}\n`);
    }
    const listener = { response, wants };
    this.#listeners.add(listener);
    response.on("close", () => this.#listeners.delete(listener));
  }
}

function sendJson(response: ServerResponse, value: unknown): void {
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify(value));
}

function refuse(response: ServerResponse, status: number, message: string): void {
  response.statusCode = status;
  sendJson(response, { message });
}
