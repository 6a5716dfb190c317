import * as route53 from "@aws-sdk/client-route-53";
import { RestXml } from "../rest-xml.ts";
import { route53Constraints, route53IdPrefixes } from "../route53-constraints.ts";
import { OperationRouter, readServiceModel } from "../service-model.ts";
import { ShapeCompiler } from "../shape.ts";

const model = readServiceModel(route53);
const router = new OperationRouter(model.operations);
const protocol = new RestXml({
  model,
  shapes: new ShapeCompiler(route53Constraints),
  xmlNamespace: "https://route53.amazonaws.com/doc/2013-04-01/",
  prefixes: route53IdPrefixes,
});

/**
 * The input that a request of Route 53 decodes to; `target` stands below `/2013-04-01/`.
 * @throws ServiceError
 */
export function decodeRoute53(
  method: string,
  target: string,
  body: string | Uint8Array = "",
): Record<string, unknown> {
  const url = new URL(`http://localhost/2013-04-01/${target}`);
  const match = router.match(method, url.pathname);
  const request = { method, path: url.pathname, query: url.searchParams, headers: {} };
  return protocol.decode(match, { ...request, body: Buffer.from(body) });
}

/** A ChangeResourceRecordSets request with `changes` in its list. */
export function decodeChanges(changes: string): Record<string, unknown> {
  return decodeRoute53("POST", "hostedzone/Z1/rrset/", changeRequest(changes));
}

export function changeRequest(changes: string): string {
  return (
    '<?xml version="1.0" encoding="UTF-8"?>\n' +
    '<ChangeResourceRecordSetsRequest xmlns="https://route53.amazonaws.com/doc/2013-04-01/">' +
    `<ChangeBatch><Changes>${changes}</Changes></ChangeBatch></ChangeResourceRecordSetsRequest>`
  );
}
