import type { HealthRequest } from "../../control/model/cloud-map.ts";
import type { Logger } from "../../telemetry/logger.ts";
import { ServiceError } from "../protocol/service-error.ts";
import type { CloudMapContext } from "./cloudmap-context.ts";
import { commit, subjectOf } from "./commit.ts";
import { requirePlaced } from "./service-rows.ts";
import { planHealth } from "./set-instance-health.ts";

type Due = { key: [serviceId: string, instanceId: string]; atMs: number };

/**
 * Custom health statuses that wait for their effect. They are rows of the state: after a restart
 * they wait their whole time again. At most one an instance.
 */
export class CustomHealthHolds {
  readonly #context: CloudMapContext;
  readonly #logger: Pick<Logger, "error">;
  readonly #waiting = new Map<string, Due>();
  #timer: NodeJS.Timeout | undefined;

  constructor(context: CloudMapContext, logger: Pick<Logger, "error">) {
    this.#context = context;
    this.#logger = logger;
    for (const { key } of context.route53.state.list("cloudMapHealthRequest")) {
      const [serviceId = "", instanceId = ""] = key;
      this.add(serviceId, instanceId);
    }
  }

  add(serviceId: string, instanceId: string): void {
    const id = `${serviceId} ${instanceId}`;
    const atMs = performance.now() + this.#context.settings.customHealthHold * 1000;
    // Deleted first: the map stays in the order in which they are due.
    this.#waiting.delete(id);
    this.#waiting.set(id, { key: [serviceId, instanceId], atMs });
    this.#schedule();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#waiting.clear();
  }

  #schedule(): void {
    if (this.#timer !== undefined) return;
    const [first] = this.#waiting.values();
    if (!first) return;
    const delayMs = Math.max(0, first.atMs - performance.now());
    this.#timer = setTimeout(() => void this.#run(), delayMs).unref();
  }

  async #run(): Promise<void> {
    for (const [id, { key, atMs }] of this.#waiting) {
      if (atMs > performance.now()) break;
      this.#waiting.delete(id);
      try {
        await this.#apply(key);
      } catch (error) {
        // What is gone needs no status; anything else must be known.
        if (error instanceof ServiceError && error.code.endsWith("NotFound")) continue;
        this.#logger.error({ err: error, key }, "cannot apply a custom health status");
      }
    }
    this.#timer = undefined;
    this.#schedule();
  }

  async #apply(key: [serviceId: string, instanceId: string]): Promise<void> {
    const context = this.#context;
    const [serviceId, instanceId] = key;
    await commit(context, {
      action: "cloudmap:ApplyCustomHealthStatus",
      ...subjectOf(requirePlaced(context, serviceId).namespace),
      plan: () =>
        context.route53.state.read(() => {
          const noted = context.route53.state.get<HealthRequest>("cloudMapHealthRequest", key);
          if (!noted) return { mutations: [], result: undefined };
          const { status } = noted;
          const mutations = planHealth(context, { serviceId, instanceId, status });
          return {
            mutations: [...mutations, { remove: "cloudMapHealthRequest", key }],
            result: undefined,
          };
        }),
    });
  }
}
