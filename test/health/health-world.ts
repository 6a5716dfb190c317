import { createHash } from "node:crypto";
import { createServer } from "node:http";
import type { Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import {
  ChangeResourceRecordSetsCommand,
  CreateHealthCheckCommand,
  CreateHostedZoneCommand,
  GetChangeCommand,
} from "@aws-sdk/client-route-53";
import type { HealthCheckConfig, ResourceRecordSet, Route53Client } from "@aws-sdk/client-route-53";
import { present } from "../../src/base/assert.ts";
import { signOwnCall } from "../../src/base/own-api.ts";
import type { OwnCall } from "../../src/base/own-api.ts";
import type { HealthCheckExtension } from "../../src/control/model/health-check-extension.ts";
import type { HealthCheckConfig as OwnConfig } from "../../src/control/model/health-check.ts";
import { formatRdata } from "../../src/dns/rdata/rdata.ts";
import { ask } from "../support/ask.ts";
import { route53Client } from "../support/route53-client.ts";
import { startSignpost } from "../support/signpost-process.ts";
import type { SignpostProcess, StartOptions } from "../support/signpost-process.ts";

const zoneName = "health.example.";
const patienceMs = 20_000;

/** A Signpost whose checks may go to loopback, with one hosted zone, and what tests do with it. */
export class HealthWorld {
  signpost: SignpostProcess;
  readonly #options: StartOptions;
  #aws: Route53Client;
  #zoneId = "";
  #references = 0;

  private constructor(signpost: SignpostProcess, options: StartOptions) {
    this.signpost = signpost;
    this.#options = options;
    this.#aws = route53Client(signpost);
  }

  static async start(options: StartOptions = {}): Promise<HealthWorld> {
    const args = ["--health-allow", "127.0.0.0/8", "--log-level", "warn", ...(options.args ?? [])];
    const all = { ...options, args };
    const world = new HealthWorld(await startSignpost(all), all);
    await world.#createZone();
    return world;
  }

  /** Starts it again on the same directory and the same ports, after it has died. */
  async startAgain(): Promise<void> {
    const { dataDir, dns, api } = this.signpost;
    const addresses = ["--dns", `${dns.address}:${dns.port}`, "--api", api.replace("http://", "")];
    const args = [...(this.#options.args ?? []), ...addresses];
    this.signpost = await startSignpost({ ...this.#options, dataDir, args });
    this.#aws = route53Client(this.signpost);
  }

  async createCheck(config: HealthCheckConfig): Promise<string> {
    const CallerReference = `check ${this.#references++}`;
    const command = new CreateHealthCheckCommand({ CallerReference, HealthCheckConfig: config });
    const { HealthCheck } = await this.#aws.send(command);
    return present(HealthCheck?.Id, "the check's id");
  }

  /** A check by Signpost's own API, with its extension. */
  async createOwnCheck(
    config: Partial<OwnConfig>,
    extension: HealthCheckExtension,
    name?: string,
  ): Promise<string> {
    const { id } = await this.own<{ id: string }>("POST", "health-checks", {
      ...(name === undefined ? {} : { name }),
      ...{ config, extension },
    });
    return id;
  }

  /** Makes record sets, and waits until they are served. */
  async createSets(sets: readonly ResourceRecordSet[]): Promise<void> {
    const Changes = sets.map((set) => ({ Action: "UPSERT" as const, ResourceRecordSet: set }));
    const { ChangeInfo } = await this.#aws.send(
      new ChangeResourceRecordSetsCommand({
        HostedZoneId: this.#zoneId,
        ChangeBatch: { Changes },
      }),
    );
    const Id = present(ChangeInfo?.Id, "the change's id");
    await until(async () => {
      const { ChangeInfo: now } = await this.#aws.send(new GetChangeCommand({ Id }));
      return now?.Status === "INSYNC";
    }, "INSYNC");
  }

  /** The addresses that a name has, sorted. */
  async addresses(label: string): Promise<string[]> {
    const { answer } = await ask(this.signpost.dns, `${label}.${zoneName}`, "A");
    return answer.map(({ type, rdata }) => formatRdata(type, rdata)).toSorted();
  }

  /** Asks until a name has these addresses, and tells how long that took. */
  async untilAddresses(label: string, wanted: readonly string[]): Promise<number> {
    const beganMs = performance.now();
    let now: string[] = [];
    await until(
      async () => {
        now = await this.addresses(label);
        return now.join() === wanted.join();
      },
      () => `${label} has ${now.join() || "no address"}, not ${wanted.join()}`,
    );
    return performance.now() - beganMs;
  }

  /** Calls Signpost's own API. */
  async own<T = unknown>(method: OwnCall["method"], path: string, body?: unknown): Promise<T> {
    const { api, accessKeyId, secretAccessKey } = this.signpost;
    const octets = Buffer.from(body === undefined ? "" : JSON.stringify(body));
    const [plain = "", query = ""] = path.split("?");
    const sha256 = createHash("sha256").update(octets).digest("hex");
    const { target, headers } = await signOwnCall(
      { endpoint: new URL(api), key: { accessKeyId, secretAccessKey } },
      { method, path: plain, query: Object.fromEntries(new URLSearchParams(query)), sha256 },
    );
    const init = body === undefined ? { method, headers } : { method, headers, body: octets };
    const response = await fetch(target, init);
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return JSON.parse(text) as T;
  }

  stop(): Promise<void> {
    return this.signpost.stop();
  }

  async #createZone(): Promise<void> {
    const command = new CreateHostedZoneCommand({ Name: zoneName, CallerReference: "zone" });
    const { HostedZone } = await this.#aws.send(command);
    this.#zoneId = present(HostedZone?.Id, "the zone's id");
  }
}

/** A failover or other set of one address. */
export function addressSet(
  label: string,
  address: string,
  routing: Partial<ResourceRecordSet>,
): ResourceRecordSet {
  const ResourceRecords = [{ Value: address }];
  return { Name: `${label}.${zoneName}`, Type: "A", TTL: 1, ResourceRecords, ...routing };
}

/** A web server on loopback that can be killed and come back on its port. */
export class Endpoint {
  readonly port: number;
  readonly #status: number;
  #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server, port: number, status: number) {
    this.#server = server;
    this.port = port;
    this.#status = status;
    this.#follow();
  }

  /** @param t the test at whose end it ends as well, should it still live */
  static async start(t?: TestContext, status = 200): Promise<Endpoint> {
    const server = await listen(0, status);
    const endpoint = new Endpoint(server, (server.address() as AddressInfo).port, status);
    t?.after(() => endpoint.die());
    return endpoint;
  }

  /** Ends as a process does that is killed: its connections are reset, its port is closed. */
  async die(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const socket of this.#sockets) socket.resetAndDestroy();
    await closed;
  }

  async comeBack(): Promise<void> {
    this.#server = await listen(this.port, this.#status);
    this.#follow();
  }

  #follow(): void {
    this.#server.on("connection", (socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
    });
  }
}

function listen(port: number, status: number): Promise<Server> {
  const server = createServer((_request, response) => response.writeHead(status).end("fine\n"));
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => resolve(server));
  });
}

/** Waits until something holds. @throws Error that says what was waited for */
export async function until(
  holds: () => Promise<boolean> | boolean,
  what: string | (() => string),
  timeoutMs = patienceMs,
): Promise<void> {
  const deadlineMs = performance.now() + timeoutMs;
  while (!(await holds())) {
    if (performance.now() > deadlineMs) {
      throw new Error(`Waited in vain: ${typeof what === "string" ? what : what()}`);
    }
    await sleep(20);
  }
}
