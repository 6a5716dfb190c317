import { parseArgs } from "node:util";
import type { ParseArgsOptionsConfig } from "node:util";
import { checkerCommands } from "./checker-commands.ts";
import { exitCodes } from "../base/exit-codes.ts";
import { CommandFailure } from "./command.ts";
import type { Command, Invocation, Options } from "./command.ts";
import { discoverCommands } from "./discover-commands.ts";
import { explainCommand } from "./explain-command.ts";
import { firewallCommands } from "./firewall-commands.ts";
import { geoCommands } from "./geo-commands.ts";
import { healthCommands } from "./health-commands.ts";
import { keyCommands } from "./key-commands.ts";
import { recordCommands } from "./record-commands.ts";
import { notificationCommands } from "./notification-commands.ts";
import { routingControlCommands } from "./routing-control-commands.ts";
import { statusCommand } from "./status-command.ts";
import { vpcCommands } from "./vpc-commands.ts";
import { vpcHostCommands } from "./vpc-host-commands.ts";
import { zoneCommands } from "./zone-commands.ts";

export const commands: readonly Command[] = [
  ...zoneCommands,
  ...keyCommands,
  ...vpcCommands,
  ...vpcHostCommands,
  ...firewallCommands,
  ...geoCommands,
  ...recordCommands,
  ...checkerCommands,
  ...healthCommands,
  ...routingControlCommands,
  ...notificationCommands,
  ...discoverCommands,
  explainCommand,
  statusCommand,
];

/** Options that every command takes. */
const commonOptions: ParseArgsOptionsConfig = {
  data: { type: "string" },
  json: { type: "boolean" },
  help: { type: "boolean", short: "h" },
};
const commonHelp = {
  data: "directory of the running Signpost (default: signpost-data, or SIGNPOST_DATA)",
  json: "prints JSON",
};

/**
 * Runs the command that the words name and returns the exit code (see exitCodes). Results go to
 * standard output, everything else to standard error.
 */
export async function runCommand(args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const command = commands.find(({ words }) =>
    words.split(" ").every((word, index) => args[index] === word),
  );
  if (!command) {
    process.stderr.write(`Unknown command: ${args.join(" ")}\n${overview()}`);
    return exitCodes.usage;
  }
  const json = args.includes("--json");
  try {
    const rest = args.slice(command.words.split(" ").length);
    const { values, positionals } = parseArgs({
      args: [...rest],
      options: { ...commonOptions, ...command.options },
      allowPositionals: true,
    });
    if (values["help"]) {
      process.stdout.write(helpOf(command));
      return exitCodes.done;
    }
    await command.run(invocationOf({ values: values as Options, positionals, env, json }));
    return Number(process.exitCode ?? exitCodes.done);
  } catch (error) {
    return fail(command, error as Error, json);
  }
}

function invocationOf(parsed: {
  values: Options;
  positionals: string[];
  env: NodeJS.ProcessEnv;
  json: boolean;
}): Invocation {
  const { values, positionals, env, json } = parsed;
  return {
    positionals,
    options: { ...values, data: values["data"] ?? env["SIGNPOST_DATA"] },
    env,
    print(value, text) {
      process.stdout.write(`${json ? JSON.stringify(value, null, 2) : text}\n`);
    },
  };
}

function fail(command: Command, error: Error & { code?: string }, json: boolean): number {
  const usage = error.code?.startsWith("ERR_PARSE_ARGS") ?? false;
  if (!(error instanceof CommandFailure) && !usage) throw error;
  const kind = error instanceof CommandFailure ? error.kind : "usage";
  if (json) {
    const details = error instanceof CommandFailure ? error.details : undefined;
    process.stdout.write(`${JSON.stringify({ error: error.message, details }, null, 2)}\n`);
  } else {
    process.stderr.write(`${error.message}\n`);
  }
  if (kind === "usage") process.stderr.write(`\n${helpOf(command)}`);
  return exitCodes[kind];
}

function helpOf(command: Command): string {
  const options = { ...command.optionHelp, ...commonHelp };
  const lines = Object.entries(options).map(([name, help]) => `  --${name.padEnd(12)} ${help}`);
  return [
    `${command.help}`,
    "",
    `Usage: bin/signpost ${command.words} ${command.usage}`.trimEnd(),
    "",
    ...lines,
    "",
    `Example: ${command.example}`,
    "",
  ].join("\n");
}

/** Every command, a line each. */
export function overview(): string {
  const rows = commands.map(
    ({ words, usage, help }) => `  ${`${words} ${usage}`.padEnd(46)} ${help}`,
  );
  const role = (usage: string, help: string) => `  ${usage.padEnd(46)} ${help}`;
  const roles = [
    role("up [--data DIR] [--dns ADDR:PORT] …", "Starts Signpost."),
    role("checker --location NAME --join URL …", "Runs health checks at another location."),
    role("discover docker [--url URL] …", "Registers Docker containers by their labels."),
    role("discover forget HOST [--url URL] …", "Deregisters containers of a machine that is gone."),
  ];
  return `Usage: bin/signpost COMMAND … (each has --help)\n\n${[...roles, ...rows].join("\n")}\n`;
}
