import { ServiceError } from "../protocol/service-error.ts";
import { changeCidrCollection } from "./change-cidr-collection.ts";
import { cidrCollectionView, newCollection, requireCollection } from "./cidr-collection.ts";
import { commit } from "./commit.ts";
import { locationOf } from "./resource-ids.ts";
import type { HandlerFamily } from "./route53-handler.ts";

export const cidrCollections: HandlerFamily<
  "CreateCidrCollection" | "ChangeCidrCollection" | "DeleteCidrCollection"
> = (context) => ({
  async CreateCidrCollection(input) {
    const { result } = await commit(context, {
      action: "CreateCidrCollection",
      plan: () => newCollection(context, input),
    });
    return {
      Collection: cidrCollectionView(context, result),
      Location: locationOf(`/cidrcollection/${result.id}`),
    };
  },

  ChangeCidrCollection: (input) => changeCidrCollection(context, input),

  async DeleteCidrCollection(input) {
    await commit(context, {
      action: "DeleteCidrCollection",
      plan() {
        const { id, name, callerReference } = requireCollection(context, input.Id);
        const blocks = context.state.list("cidrBlock", { prefix: [id], limit: 1 });
        const uses = context.state.list("cidrLocationUse", { prefix: [id], limit: 1 });
        if (blocks.length + uses.length > 0) {
          const message = "This CIDR collection is in use, and isn't empty.";
          throw new ServiceError("CidrCollectionInUseException", message);
        }
        return {
          mutations: [
            { remove: "cidrCollection", key: [id] },
            { remove: "cidrCollectionByName", key: [name] },
            { remove: "cidrCollectionByCallerReference", key: [callerReference] },
          ],
          result: undefined,
        };
      },
    });
    return {};
  },
});
