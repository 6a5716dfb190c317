import assert from "node:assert/strict";
import { test } from "node:test";
import { addService, openCloudMap } from "../../../test/support/cloudmap-context.ts";
import { operationAgeMaxMs } from "../../base/limits.ts";

const map = await openCloudMap();
const { clock, log, state } = map.route53;

const made = await map.operation("CreateHttpNamespace", { Name: "first" });
const namespaceId = made.targets.NAMESPACE ?? "";
const ServiceId = await addService(map, { Name: "a", NamespaceId: namespaceId });
clock.advanceMs(60_000);
const instance = { ServiceId, InstanceId: "i" };
const registered = await map.operation("RegisterInstance", { ...instance, Attributes: {} });
log.applied.set(state.lastSeq());
clock.advanceMs(60_000);
const gone = await map.operation("DeregisterInstance", instance);
const failed = await map.operation("CreatePrivateDnsNamespace", { Name: "b", Vpc: "vpc-none" });

type Filters = NonNullable<Parameters<typeof map.call<"ListOperations">>[1]["Filters"]>;

async function listed(...filters: Filters): Promise<string[]> {
  const { Operations = [] } = await map.call("ListOperations", { Filters: filters });
  return Operations.map(({ Id }) => Id ?? "");
}

test("GetOperation says what was asked for and what became of it", async () => {
  const { Operation } = await map.call("GetOperation", { OperationId: registered.id });
  assert.deepEqual(Operation, {
    Id: registered.id,
    OwnerAccount: "000000000000",
    Type: "REGISTER_INSTANCE",
    Status: "SUCCESS",
    CreateDate: new Date(registered.at),
    UpdateDate: new Date(registered.at),
    Targets: { INSTANCE: "i", SERVICE: ServiceId, NAMESPACE: namespaceId },
  });
  const none = await map.refusal("GetOperation", { OperationId: "none" });
  assert.equal(none.code, "OperationNotFound");
});

test("ListOperations filters by target, type, status and time", async () => {
  const { id: first } = made;
  assert.deepEqual(await listed(), [first, registered.id, gone.id, failed.id]);
  const all = [first, registered.id, gone.id];
  assert.deepEqual(await listed({ Name: "NAMESPACE_ID", Values: [namespaceId] }), all);
  assert.deepEqual(await listed({ Name: "SERVICE_ID", Values: [ServiceId] }), all.slice(1));
  const types = ["REGISTER_INSTANCE", "DEREGISTER_INSTANCE"];
  assert.deepEqual(await listed({ Name: "TYPE", Condition: "IN", Values: types }), all.slice(1));
  assert.deepEqual(await listed({ Name: "STATUS", Values: ["FAIL"] }), [failed.id]);
  assert.deepEqual(await listed({ Name: "STATUS", Values: ["PENDING"] }), [gone.id]);
  assert.deepEqual(await listed({ Name: "STATUS", Values: ["SUBMITTED"] }), []);
  for (const word of ["SUCCEED", "SUCCESS"]) {
    assert.deepEqual(await listed({ Name: "STATUS", Values: [word] }), all.slice(0, 2));
  }
  const seconds = Date.parse(registered.at) / 1000;
  const span = { Name: "UPDATE_DATE", Condition: "BETWEEN" } as const;
  const around = await listed({ ...span, Values: [`${seconds - 1}`, `${seconds + 1}`] });
  assert.ok(around.includes(registered.id));
  assert.deepEqual(await listed({ ...span, Values: ["0", "1"] }), []);
});

test("ListOperations goes on where a page ends", async () => {
  const ids: (string | undefined)[] = [];
  let NextToken: string | undefined;
  do {
    const page = await map.call("ListOperations", {
      MaxResults: 3,
      ...(NextToken && { NextToken }),
    });
    ids.push(...(page.Operations ?? []).map(({ Id }) => Id));
    ({ NextToken } = page);
  } while (NextToken !== undefined);
  assert.deepEqual(ids, await listed());
});

test("Operations are forgotten when they are old", async () => {
  clock.advanceMs(operationAgeMaxMs + 60_000);
  // The store stamps real times; the clock of the API is far ahead of them here.
  clock.advanceMs(Math.max(0, Date.now() - clock.nowMs()) + operationAgeMaxMs);
  const count = state.count("cloudMapOperation");
  await map.operation("CreateHttpNamespace", { Name: "later" });
  assert.equal(state.count("cloudMapOperation"), count - 1);
  const none = await map.refusal("GetOperation", { OperationId: made.id });
  assert.equal(none.code, "OperationNotFound");
});
