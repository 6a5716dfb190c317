import {
  ChangeResourceRecordSetsCommand,
  CreateHostedZoneCommand,
  ListResourceRecordSetsCommand,
} from "@aws-sdk/client-route-53";
import type { Route53Client, Route53ServiceException } from "@aws-sdk/client-route-53";

/** Pairs of names that are always changed together, in one batch, to one number. */
const pairCount = 8;

/**
 * Writes numbers to pairs of TXT sets and knows, for each pair, the highest number that was
 * acknowledged and the highest that was sent: what a restart may show lies between the two.
 */
export class PairWriter {
  readonly #zoneId: string;
  readonly #acknowledged = new Array<number>(pairCount).fill(0);
  readonly #sent = new Array<number>(pairCount).fill(0);
  /** Pairs with a batch on its way: numbers of one pair must arrive in order. */
  readonly #busy = new Set<number>();
  #next = 0;

  constructor(zoneId: string) {
    this.#zoneId = zoneId;
  }

  static async create(client: Route53Client, zoneName: string): Promise<PairWriter> {
    const made = await client.send(
      new CreateHostedZoneCommand({ Name: zoneName, CallerReference: zoneName }),
    );
    return new PairWriter(made.HostedZone?.Id ?? "");
  }

  get acknowledgedTotal(): number {
    return this.#acknowledged.reduce((sum, number) => sum + number, 0);
  }

  /** Writes until a write fails, as it does when the server is killed. */
  async writeUntilCut(client: Route53Client): Promise<void> {
    await this.writeSome(client, Infinity);
  }

  /** Writes pair after pair, `writes` times or until one is refused. */
  async writeSome(
    client: Route53Client,
    writes: number,
  ): Promise<{ refused?: Route53ServiceException }> {
    for (let written = 0; written < writes; written++) {
      const pair = this.#takePair();
      const number = (this.#sent[pair] ?? 0) + 1;
      this.#sent[pair] = number;
      try {
        await client.send(this.#change(pair, number));
      } catch (error) {
        return { refused: error as Route53ServiceException };
      } finally {
        this.#busy.delete(pair);
      }
      this.#acknowledged[pair] = number;
    }
    return {};
  }

  #takePair(): number {
    while (this.#busy.has(this.#next % pairCount)) this.#next++;
    const pair = this.#next++ % pairCount;
    this.#busy.add(pair);
    return pair;
  }

  #change(pair: number, number: number): ChangeResourceRecordSetsCommand {
    const set = (side: string) => ({
      Action: "UPSERT" as const,
      ResourceRecordSet: {
        Name: `${side}${pair}.pairs.test`,
        Type: "TXT" as const,
        TTL: 1,
        ResourceRecords: [{ Value: `"${number}"` }],
      },
    });
    return new ChangeResourceRecordSetsCommand({
      HostedZoneId: this.#zoneId,
      ChangeBatch: { Changes: [set("left"), set("right")] },
    });
  }

  /** What is there now, by name; throws where that cannot follow from what was acknowledged. */
  async verify(client: Route53Client): Promise<Map<string, string>> {
    const listed = await client.send(
      new ListResourceRecordSetsCommand({ HostedZoneId: this.#zoneId }),
    );
    const values = new Map<string, string>();
    for (const set of listed.ResourceRecordSets ?? []) {
      if (set.Type === "TXT") values.set(set.Name ?? "", set.ResourceRecords?.[0]?.Value ?? "");
    }
    for (let pair = 0; pair < pairCount; pair++) {
      const left = Number(values.get(`left${pair}.pairs.test.`)?.slice(1, -1) ?? 0);
      const right = Number(values.get(`right${pair}.pairs.test.`)?.slice(1, -1) ?? 0);
      const acknowledged = this.#acknowledged[pair] ?? 0;
      const sent = this.#sent[pair] ?? 0;
      if (left !== right) throw new Error(`half a batch: pair ${pair} is ${left} and ${right}`);
      if (left < acknowledged || left > sent) {
        throw new Error(`pair ${pair} is ${left}: acknowledged ${acknowledged}, sent ${sent}`);
      }
      this.#acknowledged[pair] = left;
      this.#sent[pair] = left;
    }
    return values;
  }
}
