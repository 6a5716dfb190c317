import { formatIp } from "../../base/ip.ts";
import { delegationAddressCountMax, delegationLookupCountMax } from "../../base/limits.ts";
import type { Message, ResourceRecord } from "../../dns/wire/message.ts";
import { equalNames, formatName, isSubdomain } from "../../dns/wire/name.ts";
import type { Name } from "../../dns/wire/name.ts";
import { TYPE } from "../../dns/wire/registries.ts";
import { nameKey } from "../../dns/wire/name-key.ts";
import type { Outcome } from "./outcome.ts";
import type { Asked } from "./resolution.ts";
import type { DelegationRule, Source } from "./resolver-plan.ts";
import type { SourceNumbers } from "./source-numbers.ts";
import { referralOf } from "./tidy-answer.ts";
import type { Troubles } from "./troubles.ts";

const domainPort = 53;

type Referral = Pick<Message, "rcode" | "authority" | "additional">;

/** Name servers of referrals, as far as DELEGATE rules let them be asked. */
export class Delegations {
  readonly #numbers: SourceNumbers;
  readonly #troubles: Troubles;

  constructor(options: { numbers: SourceNumbers; troubles: Troubles }) {
    this.#numbers = options.numbers;
    this.#troubles = options.troubles;
  }

  /**
   * The servers that a referral names, with the addresses it has itself or that `resolve` finds;
   * a few of each at most, whatever it names (NXNS). Undefined where they may not be asked, or are
   * not to be found.
   */
  async sourceOf(
    referral: Referral,
    asked: Asked,
    resolve: (asked: Asked) => Promise<Outcome>,
  ): Promise<Source | undefined> {
    const { name, view, work } = asked;
    const servers = referralOf(referral, name);
    const [first] = servers;
    if (!first || !work.takeDelegation()) return undefined;
    const zone = formatName(first.owner);
    const rule = ruleFor(servers, view.settings.delegations);
    if (!rule) {
      const { vpcId } = view.settings;
      const why = "no DELEGATE rule is for its name servers";
      this.#troubles.warn(`Cannot follow the delegation of ${zone} in ${vpcId}: ${why}`);
      return undefined;
    }
    const allowed = servers.filter(({ rdata }) => isSubdomain(rdata, rule.domain));
    const addresses = await this.#addressesOf(allowed, referral, (server, type) =>
      resolve({ ...asked, name: server, type }),
    );
    return this.#sourceAt(rule, first.owner, addresses);
  }

  #sourceAt(rule: DelegationRule, owner: Name, addresses: readonly string[]): Source {
    const { ruleId, localAddresses } = rule;
    const text = ["delegation", ruleId, nameKey(owner), ...addresses, "from", ...localAddresses];
    return {
      partition: this.#numbers.of(JSON.stringify(text)),
      what: `the name servers of ${formatName(owner)} (resolver rule ${ruleId})`,
      targets: addresses.map((address) => ({ address, port: domainPort, protocol: "Do53" })),
      ...{ localAddresses, recursionDesired: false },
    };
  }

  async #addressesOf(
    servers: readonly ResourceRecord[],
    referral: Referral,
    resolve: (server: Name, type: number) => Promise<Outcome>,
  ): Promise<string[]> {
    const addresses: string[] = [];
    const unknown: Name[] = [];
    for (const { owner, rdata } of servers) {
      // Addresses of other zones' names are for those zones to tell.
      const glue = isSubdomain(rdata, owner) ? glueOf(referral, rdata) : [];
      if (glue.length > 0) addresses.push(...glue);
      else unknown.push(rdata);
    }
    for (const server of unknown.slice(0, delegationLookupCountMax)) {
      if (addresses.length > 0) break;
      for (const type of [TYPE.A, TYPE.AAAA]) {
        const { answer } = addresses.length > 0 ? { answer: [] } : await resolve(server, type);
        addresses.push(...answer.filter((record) => record.type === type).map(addressOf));
      }
    }
    return addresses.slice(0, delegationAddressCountMax).toSorted();
  }
}

/** The most specific rule that has one of the servers. */
function ruleFor(
  servers: readonly ResourceRecord[],
  rules: readonly DelegationRule[],
): DelegationRule | undefined {
  return rules
    .filter(({ domain }) => servers.some(({ rdata }) => isSubdomain(rdata, domain)))
    .reduce<DelegationRule | undefined>(
      (best, rule) => (!best || rule.domain.length > best.domain.length ? rule : best),
      undefined,
    );
}

function glueOf({ additional }: Referral, server: Name): string[] {
  return additional
    .filter(({ owner, type }) => equalNames(owner, server) && addressTypes.has(type))
    .map(addressOf);
}

const addressTypes = new Set<number>([TYPE.A, TYPE.AAAA]);

function addressOf({ rdata }: ResourceRecord): string {
  return formatIp(rdata);
}
