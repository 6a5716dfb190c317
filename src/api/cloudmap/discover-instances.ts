import type { CloudMapInstance } from "../../control/model/cloud-map.ts";
import type { Random } from "../../base/random.ts";
import type { CloudMapContext } from "./cloudmap-context.ts";
import type { HandlerFamily, InputOf } from "./cloudmap-handler.ts";
import { hasHealth, healthOf } from "./instance-health.ts";
import type { InstanceHealth } from "./instance-health.ts";
import { instancesOf } from "./instance-rows.ts";
import { requireHttpName } from "./namespace-rows.ts";
import { countsOf, requireServiceNamed } from "./service-rows.ts";

const resultCountDefault = 100;

export const discoverInstances: HandlerFamily<"DiscoverInstances" | "DiscoverInstancesRevision"> = (
  context,
) => ({
  async DiscoverInstances(input) {
    const { namespace, service, found, revision } = context.route53.state.read(() => {
      const placed = find(context, input);
      return {
        ...placed,
        found: instancesOf(context, placed.service.id),
        revision: countsOf(context, placed.service.id).revision,
      };
    });
    const health = await healthOf(context, found);
    const all = found.map((instance, index) => ({ instance, health: health[index] ?? "UNKNOWN" }));
    const wanted = hasHealth(service) ? input.HealthStatus : "ALL";
    const healthy = all.filter(healthFilter(all, wanted));
    const chosen = byParameters(healthy, input);
    shuffle(chosen, context.route53.random);
    return {
      Instances: chosen.slice(0, input.MaxResults ?? resultCountDefault).map((candidate) => ({
        InstanceId: candidate.instance.id,
        NamespaceName: namespace.httpName,
        ServiceName: service.name,
        HealthStatus: candidate.health,
        Attributes: candidate.instance.attributes,
      })),
      InstancesRevision: revision,
    };
  },

  DiscoverInstancesRevision: (input) =>
    context.route53.state.read(() => ({
      InstancesRevision: countsOf(context, find(context, input).service.id).revision,
    })),
});

type Input = InputOf<"DiscoverInstances">;
type Candidate = { instance: CloudMapInstance; health: InstanceHealth };

function find(
  context: CloudMapContext,
  input: Pick<Input, "NamespaceName" | "ServiceName" | "OwnerAccount">,
) {
  const { NamespaceName: name, OwnerAccount: owner, ServiceName } = input;
  const namespace = requireHttpName(context, { name, owner });
  return { namespace, service: requireServiceNamed(context, namespace, ServiceName) };
}

/** Who says nothing wants healthy instances; what nobody knows to be unhealthy counts as such. */
function healthFilter(
  all: readonly Candidate[],
  wanted: Input["HealthStatus"] = "HEALTHY",
): (candidate: Candidate) => boolean {
  const isUp = ({ health }: Candidate): boolean => health !== "UNHEALTHY";
  if (wanted === "ALL") return () => true;
  if (wanted === "UNHEALTHY") return (candidate) => !isUp(candidate);
  const failsOpen = wanted === "HEALTHY_OR_ELSE_ALL" && !all.some(isUp);
  return failsOpen ? () => true : isUp;
}

/** Those that have the parameters that must be; of them those that have the others, if any do. */
function byParameters(
  candidates: readonly Candidate[],
  { QueryParameters = {}, OptionalParameters = {} }: Input,
): Candidate[] {
  const required = candidates.filter(matching(QueryParameters));
  const preferred = required.filter(matching(OptionalParameters));
  return preferred.length > 0 ? preferred : required;
}

function matching(parameters: Readonly<Record<string, string>>): (c: Candidate) => boolean {
  const wanted = Object.entries(parameters);
  return ({ instance: { attributes } }) =>
    wanted.every(([key, value]) => Object.hasOwn(attributes, key) && attributes[key] === value);
}

/** Fisher and Yates, as Durstenfeld wrote it. */
function shuffle<T>(items: T[], random: Random): void {
  for (let i = items.length - 1; i > 0; i--) {
    const j = random.uint32() % (i + 1);
    [items[i], items[j]] = [items[j] as T, items[i] as T];
  }
}
