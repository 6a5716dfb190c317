import { existsSync } from "node:fs";
import { test } from "node:test";
import type { TestContext } from "node:test";

/**
 * A test that needs programs of the machine (peers or clients): skipped, and named so, where one
 * is absent; under CI=true that is a failure, since tools/install-test-peers installs them all.
 */
export function testWith(
  programs: readonly string[],
  name: string,
  body: (t: TestContext) => Promise<void> | void,
): void {
  const absent = programs.filter((path) => !existsSync(path));
  if (absent.length > 0 && process.env["CI"] !== "true") {
    test(name, { skip: `needs ${absent.join(", ")}: run tools/install-test-peers` }, () => {});
    return;
  }
  test(name, async (t) => {
    if (absent.length > 0) throw new Error(`Cannot test: ${absent.join(", ")} not installed`);
    await body(t);
  });
}
