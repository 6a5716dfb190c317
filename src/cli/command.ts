import type { ParseArgsOptionsConfig } from "node:util";
import type { exitCodes } from "../base/exit-codes.ts";

/** A command ends without having done its work. */
export class CommandFailure extends Error {
  override name = "CommandFailure";
  readonly kind: Exclude<keyof typeof exitCodes, "done">;
  /** What `--json` prints beside the message. */
  readonly details: unknown;

  constructor(message: string, kind: CommandFailure["kind"], details?: unknown) {
    super(message);
    this.kind = kind;
    this.details = details;
  }
}

/** Parsed options by name: text, or true for a switch. */
export type Options = Readonly<Record<string, string | boolean | undefined>>;

export type Invocation = {
  /** What follows the command's own words. */
  positionals: readonly string[];
  options: Options;
  env: NodeJS.ProcessEnv;
  /** Prints a result: `value` as JSON under `--json`, else `text`. */
  print(value: unknown, text: string): void;
};

export type Command = {
  /** The words that name it: `zone import`. */
  words: string;
  /** What follows the words: `FILE --name ZONE`. */
  usage: string;
  /** One sentence. */
  help: string;
  example: string;
  options: ParseArgsOptionsConfig;
  optionHelp: Readonly<Record<string, string>>;
  run(invocation: Invocation): Promise<void>;
};

/** The option's text. @throws CommandFailure when it was not given */
export function required(options: Options, name: string): string {
  const value = options[name];
  if (typeof value === "string" && value !== "") return value;
  throw new CommandFailure(`--${name} is missing`, "usage");
}

/** The option's text, or undefined. */
export function optional(options: Options, name: string): string | undefined {
  const value = options[name];
  return typeof value === "string" ? value : undefined;
}

/** The only positional argument. @throws CommandFailure when there is none or more */
export function onePositional(invocation: Invocation, what: string): string {
  const [value, ...rest] = invocation.positionals;
  if (value === undefined) throw new CommandFailure(`${what} is missing`, "usage");
  if (rest.length > 0) throw new CommandFailure(`one ${what} is enough: ${rest[0]}`, "usage");
  return value;
}
