import assert from "node:assert/strict";
import { test } from "node:test";
import type { Route } from "./route.ts";
import { RouteTable } from "./route-table.ts";

const paths = ["/v1/checks", "/v1/checks/{id}", "/v1/checks/new", "/v1/checks/{id}/events"];
const table = new RouteTable(
  paths.map((path): Route => {
    const handle = () => ({ status: 200, body: "" });
    return { method: "GET", path, access: "none", bodySizeMax: 0, handle };
  }),
);

test("RouteTable finds the route of a path and its parameters", () => {
  const cases: [path: string, route: string | undefined, params?: object][] = [
    ["v1/checks", "/v1/checks", {}],
    ["v1/checks/new", "/v1/checks/new", {}],
    ["v1/checks/a%2Fb", "/v1/checks/{id}", { id: "a/b" }],
    ["v1/checks/a/events", "/v1/checks/{id}/events", { id: "a" }],
    ["v1/checks/a/other", undefined],
    ["v1", undefined],
  ];
  for (const [path, route, params] of cases) {
    const found = table.find(path.split("/"));
    assert.equal(found?.routes[0]?.path, route, path);
    assert.deepEqual(found?.params, params, path);
  }
  assert.throws(() => table.find(["v1", "checks", "%zz"]), /badly encoded/);
});
