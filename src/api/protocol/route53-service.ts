import * as route53 from "@aws-sdk/client-route-53";
import type { Handlers } from "./operation.ts";
import { createRestXmlService } from "./rest-xml-service.ts";
import type { RestXmlServiceOptions } from "./rest-xml-service.ts";
import { route53Constraints, route53IdPrefixes } from "./route53-constraints.ts";
import type { Service } from "./service.ts";

export type Route53Handlers = Handlers<typeof route53>;

/** The Route 53 API (version 2013-04-01) with `handlers` behind it. */
export function createRoute53Service(handlers: Route53Handlers): Service {
  return createRestXmlService({
    signingName: "route53",
    sdk: route53,
    constraints: route53Constraints,
    xmlNamespace: "https://route53.amazonaws.com/doc/2013-04-01/",
    pathPrefix: "/2013-04-01/",
    prefixes: route53IdPrefixes,
    // The decoder gives each operation what its type says; that is what the round trips test.
    handlers: handlers as RestXmlServiceOptions["handlers"],
  });
}
