import { resolve } from "node:path";
import { CommandFailure } from "./command.ts";
import type { Command } from "./command.ts";
import { connectionOf, readJson, send } from "./connection.ts";

/** Where the places of clients come from at present. */
type Locations = {
  source: string;
  files: string[];
  ageDays: number;
  ipv4Ranges: number;
  ipv6Ranges: number;
  cities: number;
  problem?: string;
  attribution?: string;
};

const geoUpdate: Command = {
  words: "geo update",
  usage: "--mmdb FILE [--mmdb FILE] | --default",
  help: "Takes clients' places from MaxMind DB files from now on, and follows their changes.",
  example: "bin/signpost geo update --mmdb /var/lib/GeoIP/GeoLite2-City.mmdb",
  options: { mmdb: { type: "string", multiple: true }, default: { type: "boolean" } },
  optionHelp: {
    mmdb: "a file of MaxMind's or DB-IP's shape; two where each has one address family",
    default: "goes back to the table that comes with Signpost",
  },
  async run(invocation) {
    const { mmdb, default: isDefault } = invocation.options;
    const files = Array.isArray(mmdb) ? (mmdb as string[]) : [];
    if ((files.length === 0) === (isDefault !== true)) {
      throw new CommandFailure("either --mmdb or --default is needed", "usage");
    }
    // The server reads the files by itself, from its own folder: the path must mean the same there.
    const query = { files: JSON.stringify(files.map((file) => resolve(file))) };
    const response = await send(connectionOf(invocation), { method: "POST", path: "geo", query });
    const locations = await readJson<Locations>(response);
    invocation.print(locations, describe(locations));
  },
};

const geoStatus: Command = {
  words: "geo status",
  usage: "",
  help: "Shows which location data are in use, and how old they are.",
  example: "bin/signpost geo status",
  options: {},
  optionHelp: {},
  async run(invocation) {
    const response = await send(connectionOf(invocation), { method: "GET", path: "geo" });
    const locations = await readJson<Locations>(response);
    invocation.print(locations, describe(locations));
  },
};

function describe(locations: Locations): string {
  const { source, files, ageDays, ipv4Ranges, ipv6Ranges, cities } = locations;
  const lines = [
    `source   ${source}, ${ageDays} days old`,
    `files    ${files.join(" ") || "the table that comes with Signpost"}`,
    `ranges   ${ipv4Ranges} IPv4, ${ipv6Ranges} IPv6, ${cities} cities`,
  ];
  if (locations.problem) lines.push(`problem  ${locations.problem}`);
  if (locations.attribution) lines.push(`         ${locations.attribution}`);
  return lines.join("\n");
}

export const geoCommands: readonly Command[] = [geoUpdate, geoStatus];
