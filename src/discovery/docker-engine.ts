import { request as httpRequest } from "node:http";
import type { IncomingMessage } from "node:http";
import { engineAnswerSizeMax, engineEventSizeMax, engineTimeoutMs } from "../base/limits.ts";
import { readContainer } from "./container.ts";
import type { Container, InspectAnswer } from "./container.ts";

/** The newest version of the API that this client knows; older engines set theirs. */
const apiVersionMax = "1.51";

/** One container of `GET /containers/json`. */
export type ListedContainer = { id: string; labels: Readonly<Record<string, string>> };

export type EngineEvent = {
  /** Of the container, also where the event is one of a network. */
  containerId: string;
  /** `start`, `die`, `kill`, `health_status`, `connect`, …: what precedes a colon. */
  action: string;
  /** Those of the container, its labels among them; of a network's event, the network's. */
  attributes: Readonly<Record<string, string>>;
  /** Of a `kill`. */
  signal: number;
  /** Wall time of the engine. */
  atMs: number;
};

export class EngineError extends Error {
  override name = "EngineError";
  /** Of HTTP; 0 where there was no answer. */
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Events that can change what is registered. */
const watchedEvents = [
  ...["start", "die", "kill", "pause", "unpause", "rename", "health_status"],
  ...["connect", "disconnect"],
];

/** Reads from a Docker Engine over its unix socket; sends nothing but GET. */
export class DockerEngine {
  readonly #socketPath: string;
  readonly #timeoutMs: number;
  #version: string | undefined;

  constructor(options: { socketPath: string; timeoutMs?: number }) {
    this.#socketPath = options.socketPath;
    this.#timeoutMs = options.timeoutMs ?? engineTimeoutMs;
  }

  /** The version both sides speak; asked for again at each connection of the event stream. */
  async negotiate(): Promise<string> {
    const response = await this.#request("/_ping", { timeoutMs: this.#timeoutMs });
    response.resume();
    const theirs = response.headers["api-version"];
    if (typeof theirs !== "string")
      throw new EngineError(0, "Cannot use engine: it has no version");
    this.#version = isNewer(theirs, apiVersionMax) ? apiVersionMax : theirs;
    return this.#version;
  }

  /** The name of the engine's host, and its version. */
  async info(): Promise<{ host: string; version: string }> {
    const { Name, ServerVersion } = (await this.#get("/info")) as Record<string, string>;
    return { host: Name ?? "", version: ServerVersion ?? "" };
  }

  /** Those that run, with their labels. */
  async list(): Promise<ListedContainer[]> {
    const answer = (await this.#get("/containers/json")) as {
      Id: string;
      Labels?: Record<string, string> | null;
    }[];
    return answer.map(({ Id, Labels }) => ({ id: Id, labels: Labels ?? {} }));
  }

  /** By id, the beginning of one, or name; undefined where there is none. */
  async inspect(nameOrId: string): Promise<Container | undefined> {
    try {
      const answer = await this.#get(`/containers/${encodeURIComponent(nameOrId)}/json`);
      return readContainer(answer as InspectAnswer);
    } catch (error) {
      if (error instanceof EngineError && error.status === 404) return undefined;
      throw error;
    }
  }

  /**
   * Opens the stream of events; it begins with those since the wall time given, as far as the
   * engine remembers them (its last 256). Ends or throws when the engine goes.
   */
  async events(options: { sinceMs?: number; signal: AbortSignal }): Promise<EventStream> {
    await this.negotiate();
    const filters = { type: ["container", "network"], event: watchedEvents };
    const query = new URLSearchParams({ filters: JSON.stringify(filters) });
    // Rounded down: the moment itself must not be left out.
    const { sinceMs } = options;
    if (sinceMs !== undefined) query.set("since", (Math.floor(sinceMs) / 1000).toFixed(3));
    const response = await this.#request(`/v${this.#version}/events?${query}`, {
      timeoutMs: this.#timeoutMs,
      signal: options.signal,
    });
    if (response.statusCode !== 200) throw await refusal(response);
    return readEvents(response);
  }

  async #get(path: string): Promise<unknown> {
    const version = this.#version ?? (await this.negotiate());
    const signal = AbortSignal.timeout(this.#timeoutMs);
    const response = await this.#request(`/v${version}${path}`, { signal });
    if (response.statusCode !== 200) throw await refusal(response);
    return JSON.parse(await readText(response));
  }

  /** @throws EngineError without a status where nothing answers */
  #request(
    path: string,
    { timeoutMs, signal }: { timeoutMs?: number; signal?: AbortSignal },
  ): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const request = httpRequest({
        socketPath: this.#socketPath,
        path,
        // The engine is not reached by a name; it asks for a host all the same.
        headers: { host: "docker" },
        ...(signal ? { signal } : {}),
      });
      const late = timeoutMs
        ? setTimeout(() => request.destroy(new Error(`silent for ${timeoutMs} ms`)), timeoutMs)
        : undefined;
      request.on("response", (response) => {
        clearTimeout(late);
        resolve(response);
      });
      request.on("error", (error: NodeJS.ErrnoException) => {
        clearTimeout(late);
        const why = error.code ?? error.message;
        reject(new EngineError(0, `Cannot reach Docker Engine at ${this.#socketPath}: ${why}`));
      });
      request.end();
    });
  }
}

export type EventStream = AsyncIterable<EngineEvent>;

async function* readEvents(response: IncomingMessage): AsyncGenerator<EngineEvent> {
  let rest = "";
  response.setEncoding("utf8");
  for await (const chunk of response) {
    const lines = (rest + (chunk as string)).split("\n");
    rest = lines.pop() ?? "";
    if (rest.length > engineEventSizeMax) {
      throw new EngineError(0, `Cannot read event: more than ${engineEventSizeMax} characters`);
    }
    for (const line of lines) {
      const event = line === "" ? undefined : readEvent(JSON.parse(line) as EventMessage);
      if (event) yield event;
    }
  }
}

type EventMessage = {
  Type?: string;
  Action?: string;
  Actor?: { ID?: string; Attributes?: Record<string, string> };
  time?: number;
  timeNano?: number;
};

function readEvent(message: EventMessage): EngineEvent | undefined {
  const attributes = message.Actor?.Attributes ?? {};
  const containerId = message.Type === "network" ? attributes["container"] : message.Actor?.ID;
  if (!containerId) return undefined;
  return {
    containerId,
    action: (message.Action ?? "").split(":")[0] ?? "",
    attributes,
    signal: Number(attributes["signal"] ?? 0),
    atMs: message.timeNano === undefined ? (message.time ?? 0) * 1e3 : message.timeNano / 1e6,
  };
}

async function readText(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response) {
    size += (chunk as Buffer).length;
    if (size > engineAnswerSizeMax) {
      throw new EngineError(0, `Cannot read answer: more than ${engineAnswerSizeMax} octets`);
    }
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString("utf8");
}

async function refusal(response: IncomingMessage): Promise<EngineError> {
  const text = await readText(response);
  const message = /"message":"((?:[^"\\]|\\.)*)"/.exec(text)?.[1] ?? text.slice(0, 200);
  return new EngineError(response.statusCode ?? 0, `Docker Engine refused: ${message}`);
}

function isNewer(version: string, than: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [thanMajor = 0, thanMinor = 0] = than.split(".").map(Number);
  return major > thanMajor || (major === thanMajor && minor > thanMinor);
}
