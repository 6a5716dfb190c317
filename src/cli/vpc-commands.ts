import { onePositional, required } from "./command.ts";
import type { Command } from "./command.ts";
import { connectionOf, readJson, send } from "./connection.ts";

type Vpc = { vpcId: string; region: string; cidr: string };

const vpcCreate: Command = {
  words: "vpc create",
  usage: "--id vpc-ID --region REGION --cidr CIDR",
  help: "Tells Signpost of a VPC, so that hosted zones can be private to it.",
  example: "bin/signpost vpc create --id vpc-0a1b2c3d --region us-east-1 --cidr 10.1.0.0/16",
  options: { id: { type: "string" }, region: { type: "string" }, cidr: { type: "string" } },
  optionHelp: {
    id: "id of the VPC: vpc- and 8 or 17 hexadecimal digits",
    region: "its AWS region",
    cidr: "its addresses",
  },
  async run(invocation) {
    const { options } = invocation;
    const vpcId = required(options, "id");
    const body = JSON.stringify({
      vpcId,
      region: required(options, "region"),
      cidr: required(options, "cidr"),
    });
    const response = await send(connectionOf(invocation), { method: "POST", path: "vpcs", body });
    const vpc = await readJson<Vpc>(response);
    invocation.print(vpc, `created ${vpc.vpcId} ${vpc.region} ${vpc.cidr}`);
  },
};

const vpcList: Command = {
  words: "vpc list",
  usage: "",
  help: "Lists the VPCs Signpost knows.",
  example: "bin/signpost vpc list",
  options: {},
  optionHelp: {},
  async run(invocation) {
    const response = await send(connectionOf(invocation), { method: "GET", path: "vpcs" });
    const { vpcs } = await readJson<{ vpcs: Vpc[] }>(response);
    const lines = vpcs.map((vpc) => `${vpc.vpcId}  ${vpc.region}  ${vpc.cidr}`);
    invocation.print(vpcs, lines.join("\n"));
  },
};

const vpcDelete: Command = {
  words: "vpc delete",
  usage: "vpc-ID",
  help: "Forgets a VPC that no hosted zone is private to.",
  example: "bin/signpost vpc delete vpc-0a1b2c3d",
  options: {},
  optionHelp: {},
  async run(invocation) {
    const id = onePositional(invocation, "vpc-ID");
    const query = { id };
    await readJson(await send(connectionOf(invocation), { method: "DELETE", path: "vpcs", query }));
    invocation.print({ deleted: id }, `deleted ${id}`);
  },
};

export const vpcCommands: readonly Command[] = [vpcCreate, vpcList, vpcDelete];
