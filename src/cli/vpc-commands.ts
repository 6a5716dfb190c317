import { call } from "./call.ts";
import { columns } from "./columns.ts";
import { CommandFailure, onePositional, required } from "./command.ts";
import type { Command, Options } from "./command.ts";

type Vpc = {
  vpcId: string;
  region: string;
  cidrs: string[];
  subnets: Record<string, string[]>;
  byListener: boolean;
};

const networkOptions = {
  cidr: { type: "string", multiple: true },
  subnet: { type: "string", multiple: true },
} as const;
const networkHelp = {
  cidr: "its addresses; may repeat",
  subnet: "a subnet for resolver endpoints, as subnet-ID=CIDR; may repeat, also one for IPv6",
};

const vpcCreate: Command = {
  words: "vpc create",
  usage: "--id vpc-ID --region REGION --cidr CIDR… [--subnet subnet-ID=CIDR]… [--by-listener]",
  help: "Tells Signpost of a VPC, so that hosted zones can be private to it.",
  example: "bin/signpost vpc create --id vpc-0a1b2c3d --region us-east-1 --cidr 10.1.0.0/16",
  options: {
    id: { type: "string" },
    region: { type: "string" },
    ...networkOptions,
    "by-listener": { type: "boolean" },
  },
  optionHelp: {
    id: "id of the VPC: vpc- and 8 or 17 hexadecimal digits",
    region: "its AWS region",
    ...networkHelp,
    "by-listener": "its clients are known by its listener, not by their addresses",
  },
  async run(invocation) {
    const { options } = invocation;
    const body = {
      vpcId: required(options, "id"),
      region: required(options, "region"),
      ...networks(options),
      ...(options["by-listener"] ? { byListener: true } : {}),
    };
    if (!("cidrs" in body)) throw new CommandFailure("--cidr is missing", "usage");
    const vpc = await call<Vpc>(invocation, { method: "POST", path: "vpcs", body });
    invocation.print(vpc, `created ${vpc.vpcId} ${vpc.region} ${vpc.cidrs.join(" ")}`);
  },
};

const vpcUpdate: Command = {
  words: "vpc update",
  usage: "vpc-ID [--cidr CIDR]… [--subnet subnet-ID=CIDR]… [--by-listener | --by-address]",
  help: "Changes a VPC: the blocks or subnets given stand for all of them.",
  example: "bin/signpost vpc update vpc-0a1b2c3d --cidr 10.1.0.0/16 --cidr 10.9.0.0/16",
  options: {
    ...networkOptions,
    "by-listener": { type: "boolean" },
    "by-address": { type: "boolean" },
  },
  optionHelp: {
    ...networkHelp,
    "by-listener": "its clients are known by its listener, not by their addresses",
    "by-address": "its clients are known by their addresses too",
  },
  async run(invocation) {
    const { options } = invocation;
    const id = onePositional(invocation, "vpc-ID");
    const [byListener, byAddress] = [options["by-listener"], options["by-address"]];
    const known = byListener || byAddress ? { byListener: byListener === true } : {};
    const body = { ...networks(options), ...known };
    const isContradiction = byListener === true && byAddress === true;
    if (isContradiction || Object.keys(body).length === 0) {
      throw new CommandFailure("say what is to change, once", "usage");
    }
    const path = `vpcs/${encodeURIComponent(id)}`;
    const vpc = await call<Vpc>(invocation, { method: "PATCH", path, body });
    invocation.print(vpc, lines([vpc]).join("\n"));
  },
};

/** Members of a request that the options say. */
function networks(options: Options): { cidrs?: string[]; subnets?: Record<string, string[]> } {
  const cidrs = all(options, "cidr");
  const subnets: Record<string, string[]> = {};
  for (const [id, cidr] of all(options, "subnet").map(subnet)) (subnets[id] ??= []).push(cidr);
  return {
    ...(cidrs.length > 0 ? { cidrs } : {}),
    ...(Object.keys(subnets).length > 0 ? { subnets } : {}),
  };
}

function all(options: Options, name: string): string[] {
  const values: unknown = options[name];
  return Array.isArray(values) ? (values as string[]) : [];
}

function subnet(text: string): [string, string] {
  const [id = "", cidr = ""] = text.split("=");
  if (id !== "" && cidr !== "") return [id, cidr];
  throw new CommandFailure(`--subnet ${text} is not subnet-ID=CIDR`, "usage");
}

const vpcList: Command = {
  words: "vpc list",
  usage: "",
  help: "Lists the VPCs Signpost knows.",
  example: "bin/signpost vpc list",
  options: {},
  optionHelp: {},
  async run(invocation) {
    const { vpcs } = await call<{ vpcs: Vpc[] }>(invocation, { method: "GET", path: "vpcs" });
    invocation.print(vpcs, lines(vpcs).join("\n"));
  },
};

function lines(vpcs: readonly Vpc[]): string[] {
  return columns(
    vpcs.map(({ vpcId, region, cidrs, subnets, byListener }) => [
      vpcId,
      region,
      cidrs.join(" "),
      Object.keys(subnets).join(" "),
      byListener ? "by listener" : "",
    ]),
  );
}

const vpcDelete: Command = {
  words: "vpc delete",
  usage: "vpc-ID",
  help: "Forgets a VPC that nothing is on any more.",
  example: "bin/signpost vpc delete vpc-0a1b2c3d",
  options: {},
  optionHelp: {},
  async run(invocation) {
    const id = onePositional(invocation, "vpc-ID");
    await call(invocation, { method: "DELETE", path: "vpcs", query: { id } });
    invocation.print({ deleted: id }, `deleted ${id}`);
  },
};

export const vpcCommands: readonly Command[] = [vpcCreate, vpcUpdate, vpcList, vpcDelete];
