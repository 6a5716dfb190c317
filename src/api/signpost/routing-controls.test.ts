import assert from "node:assert/strict";
import { test } from "node:test";
import { ownApiOf } from "../../../test/support/own-api.ts";
import { openRoute53 } from "../../../test/support/route53-context.ts";
import { routingControlRoutes } from "./routing-control-routes.ts";

const route53 = await openRoute53();
const own = ownApiOf(routingControlRoutes(route53));
const { recorded } = route53.health;

async function controls(...names: string[]): Promise<string[]> {
  const arns = names.map(async (name) => (await own("POST routing-controls", { name })).arn);
  return Promise.all(arns);
}

async function statesOf(...names: string[]): Promise<string> {
  const states = names.map(async (name) => (await own(`GET routing-controls/${name}/state`)).state);
  return (await Promise.all(states)).join(" ");
}

const turn = (control: string, state: string) => ({ control, state });

test("a control is made Off, with an ARN of AWS's form, and switched by name or ARN", async () => {
  const control = await own("POST routing-controls", { name: "west", panel: "shop" });
  assert.match(
    control.arn,
    /^arn:aws:route53-recovery-control::000000000000:controlpanel\/[0-9a-f]{32}\/routingcontrol\/[0-9a-f]{16}$/,
  );
  assert.equal(control.state, "Off");
  route53.clock.advanceMs(1_000);
  const on = await own("PUT routing-controls/west/state", { state: "On" });
  assert.equal(on.state, "On");
  assert.notEqual(on.since, control.since);
  assert.deepEqual(recorded.splice(0), [
    {
      type: "routing-control.state",
      routingControlArn: control.arn,
      name: "west",
      ...{ from: "Off", to: "On", by: "TEST", overridden: [] },
    },
  ]);
  const byArn = `routing-controls/${encodeURIComponent(control.arn)}`;
  // The same state again is no change.
  assert.equal((await own(`PUT ${byArn}/state`, { state: "On" })).since, on.since);
  assert.deepEqual(recorded, []);
  const listed = await own("GET routing-controls?panel=shop");
  assert.deepEqual(listed.routingControls, [on]);
  assert.deepEqual((await own("GET routing-controls?panel=other")).routingControls, []);
});

test("a control that a check or a rule goes by is not deleted", async () => {
  const [arn] = await controls("used", "ruled", "free");
  const config = { Type: "RECOVERY_CONTROL", RoutingControlArn: arn } as const;
  const input = { CallerReference: "used", HealthCheckConfig: config };
  const { HealthCheck } = await route53.call("CreateHealthCheck", input);
  const Id = HealthCheck?.Id ?? "";
  await own("POST safety-rules", {
    ...{ name: "rule", kind: "assertion", controls: ["ruled"], type: "OR" },
  });
  const refusal = (name: string) => own.refusal(`DELETE routing-controls/${name}`);
  assert.match(await refusal("used"), new RegExp(`^Conflict: .*health check ${Id} goes by it`));
  assert.match(await refusal("ruled"), /^Conflict: .*safety rule rule goes by it/);
  assert.match(await refusal("none"), /^NotFound: There is no routing control none/);
  await own("DELETE routing-controls/free");
  await route53.call("DeleteHealthCheck", { HealthCheckId: Id });
  await own("DELETE safety-rules/rule");
  for (const name of ["used", "ruled"]) await own(`DELETE routing-controls/${name}`);
});

test("several states change together or not at all, as safety rules allow", async () => {
  await controls("cell-1", "cell-2", "gate");
  const rule = { kind: "assertion", controls: ["cell-1", "cell-2"], type: "ATLEAST", threshold: 1 };
  const made = await own("POST safety-rules", { name: "one-cell", ...rule });
  assert.deepEqual(made.controls, ["cell-1", "cell-2"]);
  await own("PUT routing-controls/cell-1/state", { state: "On" });
  const off = { updates: [turn("gate", "On"), turn("cell-1", "Off")] };
  assert.equal(
    await own.refusal("PUT routing-control-states", off),
    "Conflict: Cannot change routing controls: the assertion rule one-cell wants at least 1 of " +
      "cell-1, cell-2 On; safetyRulesToOverride can name it",
  );
  assert.equal(await statesOf("cell-1", "cell-2", "gate"), "On Off Off");
  await own("PUT routing-control-states", {
    updates: [turn("cell-1", "Off"), turn("cell-2", "On")],
  });
  assert.equal(await statesOf("cell-1", "cell-2"), "Off On");

  await own("POST safety-rules", {
    ...{ name: "gated", kind: "gating", controls: ["gate"], targets: ["cell-1"], type: "AND" },
  });
  const on = { state: "On" };
  assert.match(
    await own.refusal("PUT routing-controls/cell-1/state", on),
    /^Conflict: .*the gating rule gated wants all of gate On/,
  );
  recorded.length = 0;
  const broken = { ...on, safetyRulesToOverride: ["gated"] };
  await own("PUT routing-controls/cell-1/state", broken);
  assert.deepEqual((recorded[0] as { overridden: string[] }).overridden, ["gated"]);
  const unknown = { ...on, safetyRulesToOverride: ["none"] };
  assert.match(
    await own.refusal("PUT routing-controls/cell-2/state", unknown),
    /^InvalidInput: safetyRulesToOverride: there is no safety rule none/,
  );
});

test("requests that make no sense are refused", async () => {
  await controls("x", "y");
  const refusals: [request: string, body: unknown, message: RegExp][] = [
    ["POST routing-controls", { name: "x" }, /^Conflict: .*x is there already/],
    ["POST routing-controls", {}, /^InvalidInput: name: is missing/],
    ["PUT routing-controls/x/state", { state: "ON" }, /state: "ON" is none of On, Off/],
    ["PUT routing-controls/none/state", { state: "On" }, /^NotFound/],
    ["PUT routing-control-states", { updates: [] }, /updates: a list of 1 to 100/],
    ["PUT routing-control-states", { updates: [turn("x", "On"), turn("x", "Off")] }, /twice/],
    ["POST safety-rules", { name: "r", kind: "assertion", controls: ["x"] }, /type: is missing/],
    [
      "POST safety-rules",
      { name: "r", kind: "assertion", controls: ["x"], type: "ATLEAST", threshold: 2 },
      /threshold: must be from 1 to 1, not 2/,
    ],
    [
      "POST safety-rules",
      { name: "r", kind: "assertion", controls: ["x"], targets: ["y"], type: "OR" },
      /targets: is not expected here/,
    ],
    [
      "POST safety-rules",
      { name: "r", kind: "gating", controls: ["x"], type: "OR" },
      /targets: is missing/,
    ],
    [
      "POST safety-rules",
      { name: "r", kind: "assertion", controls: ["none"], type: "OR" },
      /^NotFound: There is no routing control none/,
    ],
    ["DELETE safety-rules/none", undefined, /^NotFound: There is no safety rule none/],
  ];
  for (const [request, body, message] of refusals) {
    assert.match(await own.refusal(request, body), message);
  }
});
