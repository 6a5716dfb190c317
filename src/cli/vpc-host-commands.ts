import { call } from "./call.ts";
import { columns } from "./columns.ts";
import { CommandFailure, onePositional } from "./command.ts";
import type { Command, Invocation } from "./command.ts";

type Host = { name: string; addresses: string[] };

function pathOf(vpcId: string): string {
  return `vpcs/${encodeURIComponent(vpcId)}/hosts`;
}

const hostAdd: Command = {
  words: "vpc host add",
  usage: "vpc-ID NAME ADDRESS…",
  help: "Gives a name addresses of its own in a VPC, before everything else.",
  example: "bin/signpost vpc host add vpc-0a1b2c3d build.corp.example 10.1.0.7 2001:db8::7",
  options: {},
  optionHelp: {},
  async run(invocation) {
    const [vpcId, name, ...addresses] = invocation.positionals;
    if (vpcId === undefined || name === undefined || addresses.length === 0) {
      throw new CommandFailure("vpc-ID, NAME and an ADDRESS are needed", "usage");
    }
    const body = { name, addresses };
    const host = await call<Host>(invocation, { method: "PUT", path: pathOf(vpcId), body });
    invocation.print(host, `${host.name}  ${host.addresses.join(" ")}`);
  },
};

const hostList: Command = {
  words: "vpc host list",
  usage: "vpc-ID",
  help: "Lists the names that have addresses of their own in a VPC.",
  example: "bin/signpost vpc host list vpc-0a1b2c3d",
  options: {},
  optionHelp: {},
  async run(invocation) {
    const path = pathOf(onePositional(invocation, "vpc-ID"));
    const { hosts } = await call<{ hosts: Host[] }>(invocation, { method: "GET", path });
    const rows = columns(hosts.map(({ name, addresses }) => [name, addresses.join(" ")]));
    invocation.print(hosts, rows.join("\n"));
  },
};

const hostRemove: Command = {
  words: "vpc host remove",
  usage: "vpc-ID NAME",
  help: "Takes a name's own addresses in a VPC away.",
  example: "bin/signpost vpc host remove vpc-0a1b2c3d build.corp.example",
  options: {},
  optionHelp: {},
  async run(invocation) {
    const [vpcId, name] = twoPositionals(invocation);
    await call(invocation, { method: "DELETE", path: pathOf(vpcId), query: { name } });
    invocation.print({ removed: name }, `removed ${name}`);
  },
};

function twoPositionals({ positionals }: Invocation): [string, string] {
  const [vpcId, name, ...rest] = positionals;
  if (vpcId !== undefined && name !== undefined && rest.length === 0) return [vpcId, name];
  throw new CommandFailure("vpc-ID and NAME are needed, and nothing else", "usage");
}

export const vpcHostCommands: readonly Command[] = [hostAdd, hostList, hostRemove];
