import { onePositional, optional } from "./command.ts";
import type { Command } from "./command.ts";
import { connectionOf, readJson, send } from "./connection.ts";

type Key = { accessKeyId: string; secretAccessKey?: string; createdAt: string; comment?: string };

const keyCreate: Command = {
  words: "key create",
  usage: "[--comment TEXT]",
  help: "Makes an access key, and prints it as a file of AWS credentials: its secret is shown this once.",
  example: "bin/signpost key create --comment terraform",
  options: { comment: { type: "string" } },
  optionHelp: { comment: "what the key is for" },
  async run(invocation) {
    const body = JSON.stringify({ comment: optional(invocation.options, "comment") });
    const response = await send(connectionOf(invocation), { method: "POST", path: "keys", body });
    const key = await readJson<Key>(response);
    const lines = [
      "[default]",
      `aws_access_key_id = ${key.accessKeyId}`,
      `aws_secret_access_key = ${key.secretAccessKey}`,
    ];
    invocation.print(key, lines.join("\n"));
  },
};

const keyList: Command = {
  words: "key list",
  usage: "",
  help: "Lists the access keys, without their secrets.",
  example: "bin/signpost key list --json",
  options: {},
  optionHelp: {},
  async run(invocation) {
    const response = await send(connectionOf(invocation), { method: "GET", path: "keys" });
    const { keys } = await readJson<{ keys: Key[] }>(response);
    const line = (key: Key): string =>
      `${key.accessKeyId}  ${key.createdAt}  ${key.comment ?? ""}`.trimEnd();
    invocation.print(keys, keys.map(line).join("\n"));
  },
};

const keyDelete: Command = {
  words: "key delete",
  usage: "ACCESS-KEY-ID",
  help: "Deletes an access key; requests signed with it are refused from then on.",
  example: "bin/signpost key delete SPEXAMPLEKEY00000000",
  options: {},
  optionHelp: {},
  async run(invocation) {
    const id = onePositional(invocation, "ACCESS-KEY-ID");
    const query = { id };
    await readJson(await send(connectionOf(invocation), { method: "DELETE", path: "keys", query }));
    invocation.print({ deleted: id }, `deleted ${id}`);
  },
};

export const keyCommands: readonly Command[] = [keyCreate, keyList, keyDelete];
