import { createReadStream } from "node:fs";
import { CommandFailure } from "./command.ts";
import type { Command } from "./command.ts";
import { connectionOf, readJson, send } from "./connection.ts";
import { sha256Of } from "./file-hash.ts";

type Imported = { id: string; name: string; domainCount: number };

const firewallImport: Command = {
  words: "firewall import",
  usage: "LIST FILE [--add]",
  help: "Makes the domains in a file, one a line, those of a DNS Firewall domain list.",
  example: "bin/signpost firewall import trackers trackers.txt",
  options: { add: { type: "boolean" } },
  optionHelp: { add: "adds them to those that the list has" },
  async run(invocation) {
    const [list, file, ...rest] = invocation.positionals;
    if (list === undefined || file === undefined || rest.length > 0) {
      throw new CommandFailure("LIST and FILE are needed, and nothing else", "usage");
    }
    const sha256 = await sha256Of(file);
    const response = await send(connectionOf(invocation), {
      method: "POST",
      path: "firewall/domains",
      query: { list, mode: invocation.options["add"] ? "add" : "replace" },
      body: { stream: createReadStream(file), sha256 },
    });
    const imported = await readJson<Imported>(response);
    const { id, name, domainCount } = imported;
    invocation.print(imported, `${name} (${id}) has ${domainCount} domains`);
  },
};

export const firewallCommands: readonly Command[] = [firewallImport];
