import assert from "node:assert/strict";
import { test } from "node:test";
import { openResolver } from "../../../test/support/resolver-context.ts";
import * as resolver from "../protocol/resolver-model.generated.ts";
import { readServiceModel } from "../protocol/service-model.ts";
import { resolverHandlers } from "./resolver-handlers.ts";

test("resolverHandlers() has every operation of Route 53 Resolver", async () => {
  const handlers = resolverHandlers(await openResolver());
  const names = readServiceModel(resolver).operations.map(({ name }) => name);
  assert.deepEqual(Object.keys(handlers).toSorted(), names.toSorted());
});
