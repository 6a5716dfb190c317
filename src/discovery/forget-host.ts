import { hostAttribute } from "./registrations.ts";
import type { Registry } from "./registry.ts";

/** Takes out every instance of a machine that has no watcher any more. @returns how many */
export async function forgetHost(registry: Registry, host: string): Promise<number> {
  let count = 0;
  const { services } = await registry.services();
  for (const service of services) {
    for (const { id, attributes } of await registry.instances(service)) {
      if (attributes[hostAttribute] !== host) continue;
      await registry.deregister({ serviceId: service.id, instanceId: id });
      count += 1;
    }
  }
  return count;
}
