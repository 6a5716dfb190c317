import type { HostedZone } from "../../control/model/hosted-zone.ts";
import { InvalidNameError, normaliseName } from "../../control/model/route53-name.ts";
import { servedZone } from "../../control/state/served-zone.ts";
import type { RequestContext } from "../protocol/operation.ts";
import type { RouteRequest, RouteResponse } from "../protocol/route.ts";
import { ServiceError } from "../protocol/service-error.ts";
import { createHostedZone } from "../route53/create-hosted-zone.ts";
import { deleteHostedZone } from "../route53/delete-hosted-zone.ts";
import { refuseLinked } from "../route53/linked-service.ts";
import { bareId } from "../route53/resource-ids.ts";
import type { ImportOutcome, ImportProgress, SignpostContext } from "./signpost-context.ts";

/** Least time between two progress lines of one import. */
const progressIntervalMs = 100;

/**
 * Reads the body, a master file, into the hosted zone of that name; it is made where there is
 * none. The answer is a JSON object a line: `progress` while it works, then one of `result`,
 * `refused` or `error`.
 */
export function importZone(context: SignpostContext, request: RouteRequest): RouteResponse {
  const name = zoneNameOf(request);
  const replace = request.query.get("mode") === "replace";
  const progress = new Channel<ImportProgress>();
  const outcome = runImport(context, { name, replace, request, progress });
  return {
    status: 200,
    headers: { "content-type": "application/x-ndjson" },
    body: lines(context, progress, outcome),
  };
}

type ImportRun = {
  name: string;
  replace: boolean;
  request: RouteRequest;
  progress: Channel<ImportProgress>;
};

type Outcome = {
  zoneId: string;
  created: boolean;
  outcome: ImportOutcome;
};

async function runImport(context: SignpostContext, run: ImportRun): Promise<Outcome> {
  const { name, replace, request, progress } = run;
  try {
    const existing = servedZone(context.route53.state, name);
    if (existing) refuseLinked("hostedzone", existing);
    const zoneId = existing?.id ?? (await createZone(context, run));
    const created = existing === undefined;
    try {
      const job = { zoneId, zoneName: name, replace, input: request.body };
      const onProgress = (step: ImportProgress): void => progress.put(step);
      const outcome = await context.importZone({ ...job, onProgress });
      if (created && "refused" in outcome) await deleteZone(context, zoneId, run);
      return { zoneId, created, outcome };
    } catch (error) {
      if (created) await deleteZone(context, zoneId, run);
      throw error;
    }
  } finally {
    progress.close();
  }
}

async function createZone(context: SignpostContext, run: ImportRun): Promise<string> {
  const { CreateHostedZone } = createHostedZone(context.route53);
  const input = { Name: run.name, CallerReference: `import ${run.request.requestId}` };
  const { HostedZone } = await CreateHostedZone(input, requestContext(context, run));
  return bareId(HostedZone?.Id ?? "");
}

/** Takes back what createZone() made: an import is all or nothing. */
async function deleteZone(context: SignpostContext, id: string, run: ImportRun): Promise<void> {
  const { DeleteHostedZone } = deleteHostedZone(context.route53);
  await DeleteHostedZone({ Id: id }, requestContext(context, run));
}

function requestContext(context: SignpostContext, { request }: ImportRun): RequestContext {
  const { requestId, accessKeyId = "" } = request;
  return { requestId, accessKeyId, receivedAtMs: context.route53.clock.nowMs() };
}

async function* lines(
  context: SignpostContext,
  progress: Channel<ImportProgress>,
  running: Promise<Outcome>,
): AsyncGenerator<string> {
  running.catch(() => {});
  let shownAtMs = 0;
  for await (const step of progress) {
    const nowMs = context.route53.clock.nowMs();
    if (nowMs - shownAtMs < progressIntervalMs) continue;
    shownAtMs = nowMs;
    yield `${JSON.stringify({ progress: step })}\n`;
  }
  try {
    const { zoneId, created, outcome } = await running;
    if ("refused" in outcome) yield `${JSON.stringify({ refused: outcome.refused })}\n`;
    else {
      const result = { hostedZoneId: zoneId, created, ...outcome.imported };
      yield `${JSON.stringify({ result })}\n`;
    }
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    yield `${JSON.stringify({ error: { code: error.code, message: error.message } })}\n`;
  }
}

/** Streams the hosted zone that `name` names (its name or its id) as a master file. */
export function exportZone(context: SignpostContext, request: RouteRequest): RouteResponse {
  const wanted = request.query.get("name") ?? "";
  const zone =
    context.route53.state.get<HostedZone>("hostedZone", [wanted]) ??
    servedZone(context.route53.state, zoneNameOf(request));
  if (!zone) {
    throw new ServiceError("NotFound", `Cannot export zone: there is no hosted zone ${wanted}`);
  }
  const headers = { "content-type": "text/dns; charset=utf-8" };
  return {
    status: 200,
    headers,
    body: context.exportZone({ zoneId: zone.id, zoneName: zone.name }),
  };
}

function zoneNameOf(request: RouteRequest): string {
  const name = request.query.get("name");
  if (!name) throw new ServiceError("InvalidInput", "Cannot find hosted zone: name is missing");
  try {
    return normaliseName(name);
  } catch (error) {
    if (!(error instanceof InvalidNameError)) throw error;
    throw new ServiceError("InvalidInput", `Cannot find hosted zone ${name}: ${error.message}`);
  }
}

/** An unbounded queue from a callback to one reader; an import puts a few steps a second. */
class Channel<T> implements AsyncIterable<T> {
  readonly #items: T[] = [];
  #closed = false;
  #wake: () => void = () => {};

  put(item: T): void {
    this.#items.push(item);
    this.#wake();
  }

  close(): void {
    this.#closed = true;
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    for (;;) {
      const item = this.#items.shift();
      if (item !== undefined) yield item;
      else if (this.#closed) return;
      else await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}
