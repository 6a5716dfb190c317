import { networkOf, parseIp } from "../../base/ip.ts";
import type { Cidr, IpAddress } from "../../base/ip.ts";
import { liesInZone } from "../../control/model/hosted-zone.ts";
import { ServiceError } from "../protocol/service-error.ts";
import type { HandlerFamily } from "./route53-handler.ts";
import { requireName, requireZone } from "./zones.ts";

/** Bits of a client's address that are sent where the request does not say (RFC 7871 §11.1). */
const subnetBitsDefault = { ipv4: 24, ipv6: 64 } as const;

export const testDnsAnswer: HandlerFamily<"TestDNSAnswer"> = (context) => ({
  async TestDNSAnswer(input) {
    const zone = requireZone(context, input.HostedZoneId);
    if (zone.private) {
      const message = "TestDNSAnswer only supports querying public hosted zones";
      throw new ServiceError("InvalidInput", message);
    }
    const name = requireName(input.RecordName, "InvalidInput");
    if (!liesInZone(name, zone.name)) {
      const message = `The record name ${name} does not lie within the zone ${zone.name}`;
      throw new ServiceError("InvalidInput", message);
    }
    const resolver = readAddress("ResolverIP", input.ResolverIP);
    const clientSubnet = readSubnet(input);
    const answer = await context.testAnswer({
      zoneId: zone.id,
      name,
      type: input.RecordType,
      ...(resolver ? { resolver } : {}),
      ...(clientSubnet ? { clientSubnet } : {}),
    });
    return {
      Nameserver: zone.nameServers[0] ?? "",
      RecordName: name,
      RecordType: input.RecordType,
      RecordData: answer.recordData,
      ResponseCode: answer.responseCode,
      Protocol: answer.protocol,
    };
  },
});

function readAddress(member: string, text: string | undefined): IpAddress | undefined {
  if (text === undefined) return undefined;
  const address = parseIp(text);
  if (address) return address;
  throw new ServiceError("InvalidInput", `${member} is not a valid IP address: ${text}`);
}

function readSubnet(input: {
  EDNS0ClientSubnetIP?: string | undefined;
  EDNS0ClientSubnetMask?: string | undefined;
}): Cidr | undefined {
  const { EDNS0ClientSubnetIP, EDNS0ClientSubnetMask } = input;
  const address = readAddress("EDNS0ClientSubnetIP", EDNS0ClientSubnetIP);
  if (!address) {
    if (EDNS0ClientSubnetMask === undefined) return undefined;
    const message = "EDNS0ClientSubnetMask is not valid without EDNS0ClientSubnetIP";
    throw new ServiceError("InvalidInput", message);
  }
  const bits = address.length * 8;
  const fallback = bits === 32 ? subnetBitsDefault.ipv4 : subnetBitsDefault.ipv6;
  const mask = EDNS0ClientSubnetMask ?? String(fallback);
  if (!/^\d{1,3}$/.test(mask) || Number(mask) > bits) {
    const message = `EDNS0ClientSubnetMask is not valid: ${mask}, 0 to ${bits} is expected`;
    throw new ServiceError("InvalidInput", message);
  }
  return networkOf({ address, prefixLength: Number(mask) });
}
