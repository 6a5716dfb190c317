import { join } from "node:path";
import { formatIp } from "../../base/ip.ts";
import { queryLogFileCountMaxDefault, queryLogFileSizeMaxDefault } from "../../base/limits.ts";
import { formatGeneric, formatRdata } from "../../dns/rdata/rdata.ts";
import type { ResourceRecord } from "../../dns/wire/message.ts";
import { formatName } from "../../dns/wire/name.ts";
import { classToText, rcodeToText, typeToText } from "../../dns/wire/registries.ts";
import { JsonLinesFile } from "../../telemetry/json-lines-file.ts";
import type { Logger } from "../../telemetry/logger.ts";
import type { AnsweredQuery } from "./query-handler.ts";

/** Of the fields, as Route 53 Resolver writes it. */
const version = "1.100000";

/** Writes queries of VPCs to the files of their query logs, in Route 53 Resolver's form. */
export class VpcQueryLogs {
  readonly #options: { directory: string; logger: Logger };
  /** By directory: several VPCs may share one. */
  readonly #files = new Map<string, JsonLinesFile>();

  constructor(options: { directory: string; logger: Logger }) {
    this.#options = options;
  }

  /** Lines that could not be written. */
  get droppedCount(): number {
    return [...this.#files.values()].reduce((sum, file) => sum + file.droppedCount, 0);
  }

  write(query: AnsweredQuery, atMs: number): void {
    const { queryLogs } = query.view.settings;
    if (queryLogs.length === 0) return;
    const line = JSON.stringify(queryLogFields(query, atMs));
    for (const { directory } of queryLogs) this.#fileOf(directory).write(line);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#files.values()].map((file) => file.close()));
  }

  #fileOf(directory: string): JsonLinesFile {
    const file =
      this.#files.get(directory) ??
      new JsonLinesFile({
        directory: join(this.#options.directory, directory),
        ...{ name: "queries", what: "query log of a VPC", logger: this.#options.logger },
        fileSizeMax: queryLogFileSizeMaxDefault,
        fileCountMax: queryLogFileCountMaxDefault,
      });
    this.#files.set(directory, file);
    return file;
  }
}

/** The fields of one line. */
export function queryLogFields(query: AnsweredQuery, atMs: number): Record<string, unknown> {
  const { client, view, question, outcome } = query;
  const { accountId, region, vpcId } = view.settings;
  const { firewall } = outcome;
  return {
    version,
    account_id: accountId,
    region,
    vpc_id: vpcId,
    query_timestamp: `${new Date(atMs).toISOString().slice(0, 19)}Z`,
    query_name: formatName(question.name),
    query_type: typeToText(question.type),
    query_class: classToText(question.class),
    rcode: rcodeToText(outcome.rcode),
    answers: outcome.answer.map((record) => ({
      Rdata: rdataText(record),
      Type: typeToText(record.type),
      Class: classToText(record.class),
    })),
    srcaddr: formatIp(client.address),
    srcport: String(client.port),
    transport: client.transport,
    srcids: client.endpointId === undefined ? {} : { resolver_endpoint: client.endpointId },
    ...(firewall
      ? {
          firewall_rule_action: firewall.action,
          firewall_rule_group_id: firewall.ruleGroupId,
          firewall_domain_list_id: firewall.domainListId,
        }
      : {}),
  };
}

function rdataText({ type, rdata }: ResourceRecord): string {
  try {
    return formatRdata(type, rdata);
  } catch {
    return formatGeneric(rdata);
  }
}
