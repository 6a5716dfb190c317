import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { repositoryPath } from "./signpost-process.ts";

/** The shell blocks of a section of README, the first `count` of them. */
export function readmeBlocks(heading: string, count = Infinity): string[] {
  const found = [...readmeSection(heading).matchAll(/^```sh\n(.*?)^```$/gms)];
  assert.ok(found.length > 0, `${heading} has its commands`);
  return found.slice(0, count).map((match) => match[1] ?? "");
}

/** @param heading as it is written: `## Routing` */
export function readmeSection(heading: string): string {
  const readme = readFileSync(repositoryPath("README.md"), "utf8");
  const start = readme.indexOf(`${heading}\n`);
  assert.ok(start >= 0, `README has ${heading}`);
  return readme.slice(start, readme.indexOf("\n## ", start + 1));
}
