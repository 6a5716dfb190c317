/**
 * Does the probes it is told of on standard input, a JSON array of specifications, and has nothing
 * more to do then: the process ends as soon as no socket, timer or child of theirs is left.
 */
import { text } from "node:stream/consumers";

import { probe } from "../../src/health/probes/probe.ts";
import type { ProbeSpec } from "../../src/health/probes/probe-spec.ts";
import { allow } from "./probe-cases.ts";

const specs = JSON.parse(await text(process.stdin)) as ProbeSpec[];
const results = await Promise.all(specs.map((spec) => probe(spec, { allow, scripts: true })));
console.log(JSON.stringify(results.map(({ reason, detail }) => [reason, detail])));
console.log(performance.timeOrigin + performance.now());
process.on("exit", () => console.log(performance.timeOrigin + performance.now()));
