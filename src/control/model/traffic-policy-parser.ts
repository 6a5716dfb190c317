import {
  batchValueSizeMax,
  policyDocumentSizeMax,
  policyProblemsShownMax,
  policyValueSizeMax,
} from "../../base/limits.ts";
import { InvalidValueError, parseRecordValue } from "./record-value.ts";
import { repeatedMembers } from "./repeated-members.ts";
import { InvalidNameError, normaliseName } from "./route53-name.ts";
import { policyFormatVersions } from "./traffic-policy-document.ts";
import type {
  EndpointType,
  PolicyDocument,
  PolicyEndpoint,
  PolicyFormatVersion,
  PolicyNode,
} from "./traffic-policy-document.ts";
import { linkRules } from "./traffic-policy-graph.ts";
import type { Reference, RuleDraft } from "./traffic-policy-branch.ts";
import { PolicyObject, PolicyProblem } from "./traffic-policy-object.ts";
import { readRule } from "./traffic-policy-rules.ts";

/** A document that no policy can be made of; `message` names what is wrong, each with its path. */
export class InvalidPolicyDocumentError extends Error {
  override name = "InvalidPolicyDocumentError";
}

/** Types that Route 53 routes: all it has but NS, SOA and DS. */
const recordTypes: readonly string[] =
  "A AAAA CAA CNAME HTTPS MX NAPTR PTR SPF SRV SSHFP SVCB TLSA TXT".split(" ");

const awsEndpointTypes: readonly EndpointType[] = [
  "value",
  "cloudfront",
  "application-load-balancer",
  "elastic-load-balancer",
  "network-load-balancer",
  "elastic-beanstalk",
  "s3-website",
];

/** How many values one endpoint of ours may have: Route 53's limit of a record set. */
const valueCountMax = 400;

/**
 * Reads a traffic policy document.
 * @throws InvalidPolicyDocumentError
 */
export function parsePolicyDocument(text: string): PolicyDocument {
  if (text.length > policyDocumentSizeMax) {
    const size = `${text.length} characters, the limit is ${policyDocumentSizeMax}`;
    throw new InvalidPolicyDocumentError(`The document has ${size}`);
  }
  const problems: string[] = [];
  const document = collect(problems, () => readDocument(parseJson(text, problems), problems));
  if (document && problems.length === 0) return document;
  throw new InvalidPolicyDocumentError(problemsText(problems));
}

/** What is wrong, in one sentence. */
export function problemsText(problems: readonly string[]): string {
  const shown = problems.slice(0, policyProblemsShownMax);
  const more = problems.length > shown.length ? `; and ${problems.length - shown.length} more` : "";
  return `${shown.join("; ")}${more}`;
}

/** The value of a text in which no object has a member twice. @throws PolicyProblem */
export function parseJson(text: string, problems: string[]): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new PolicyProblem("$", `it is not JSON: ${error.message}`);
  }
  for (const path of new Set(repeatedMembers(text))) problems.push(`${path}: is there twice`);
  return value;
}

/** Runs `f`; a problem joins the list, so that others are looked for as well. */
function collect<T>(problems: string[], f: () => T): T | undefined {
  try {
    return f();
  } catch (error) {
    if (!(error instanceof PolicyProblem)) throw error;
    problems.push(error.message);
    return undefined;
  }
}

function readDocument(value: unknown, problems: string[]): PolicyDocument | undefined {
  const document = new PolicyObject(value, "$");
  const formatVersion = document.oneOf("AWSPolicyFormatVersion", policyFormatVersions);
  const recordType = document.oneOf("RecordType", recordTypes);
  const start = readStart(document);
  const endpoints = new Map<string, PolicyEndpoint>();
  for (const [id, member, path] of document.map("Endpoints")) {
    const endpoint = collect(problems, () => {
      return readEndpoint(new PolicyObject(member, path), { formatVersion, recordType });
    });
    if (endpoint) endpoints.set(id, endpoint);
  }
  const rules = new Map<string, RuleDraft>();
  for (const [id, member, path] of document.map("Rules")) {
    const rule = collect(problems, () => {
      return readRule(new PolicyObject(member, path), { formatVersion, recordType });
    });
    if (rule) rules.set(id, rule);
  }
  collect(problems, () => document.end());
  // References to what could not be read would only be reported once more.
  if (problems.length > 0) return undefined;
  const nodes = linkRules({ start, endpoints, rules }, (f) => collect(problems, f));
  const node: PolicyNode | undefined = nodes?.start;
  return node && { formatVersion, recordType, start: node };
}

/** Where the policy begins, as a branch of the document itself. */
function readStart(document: PolicyObject): Reference {
  const isRule = document.has("StartRule");
  if (isRule === document.has("StartEndpoint")) {
    const message = "exactly one of StartEndpoint and StartRule is expected";
    throw new PolicyProblem(document.path, message);
  }
  if (isRule) return { path: document.at("StartRule"), rule: document.text("StartRule") };
  const endpoint = document.text("StartEndpoint");
  return { path: document.at("StartEndpoint"), endpoint };
}

type Format = { formatVersion: PolicyFormatVersion; recordType: string };

function readEndpoint(object: PolicyObject, format: Format): PolicyEndpoint {
  const isOurs = format.formatVersion === "2026-11-22";
  const types: readonly EndpointType[] = isOurs ? ["alias", ...awsEndpointTypes] : awsEndpointTypes;
  const type = object.oneOf("Type", types);
  if (object.has("Region")) {
    if (type !== "s3-website") throw object.problem("Region", "is only for endpoints s3-website");
    object.text("Region");
  }
  const values = type === "value" ? readValues(object, format) : [readTarget(object, type, format)];
  object.end();
  return { kind: "endpoint", type, path: object.path, values };
}

function readValues(object: PolicyObject, { formatVersion, recordType }: Format): string[] {
  const hasList = formatVersion === "2026-11-22" && object.has("Values");
  if (!hasList) {
    const value = object.text("Value");
    checkValue(recordType, value, object.at("Value"));
    return [value];
  }
  const values = object.list("Values", valueCountMax).map(([value, path]) => {
    if (typeof value !== "string") throw new PolicyProblem(path, "a string is expected");
    checkValue(recordType, value, path);
    return value;
  });
  if (values.join("").length > batchValueSizeMax) {
    throw object.problem("Values", `are longer than ${batchValueSizeMax} characters together`);
  }
  if (new Set(values).size < values.length) throw object.problem("Values", "has a value twice");
  if (recordType === "CNAME" && values.length > 1) {
    throw object.problem("Values", "a CNAME has one value");
  }
  return values;
}

function checkValue(recordType: string, value: string, path: string): void {
  if (value.length > policyValueSizeMax) {
    throw new PolicyProblem(path, `is longer than ${policyValueSizeMax} characters`);
  }
  try {
    parseRecordValue(recordType, value);
  } catch (error) {
    if (error instanceof InvalidValueError) throw new PolicyProblem(path, error.message);
    throw error;
  }
}

/** The DNS name that an endpoint is an alias of. */
function readTarget(object: PolicyObject, type: EndpointType, { recordType }: Format): string {
  if (type !== "alias" && recordType !== "A" && recordType !== "AAAA") {
    throw object.problem("Type", `an endpoint ${type} has records A and AAAA, not ${recordType}`);
  }
  const name = object.text("Value");
  try {
    return normaliseName(name);
  } catch (error) {
    if (error instanceof InvalidNameError) throw object.problem("Value", error.message);
    throw error;
  }
}
