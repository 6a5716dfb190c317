/**
 * Runs several `bin/signpost` commands, one after the other, in one process: its start is most of
 * what a short command costs. Ends with the exit code of the first that fails.
 *
 *   node test/differential/run-commands.ts JSON   an array of arrays of words
 */
import { runCommand } from "../../src/cli/run-command.ts";

const commands = JSON.parse(process.argv[2] ?? "[]") as string[][];
for (const words of commands) {
  const code = await runCommand(words, process.env);
  if (code !== 0) process.exit(code);
}
