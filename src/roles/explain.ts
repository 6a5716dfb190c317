import { formatCidr } from "../base/ip.ts";
import type {
  ExplainQuestion,
  ExplainedAnswer,
  ExplainedGroup,
  ExplainedPlace,
  Explanation,
} from "../api/signpost/explanation.ts";
import type { HostedZone } from "../control/model/hosted-zone.ts";
import { extensionUse, parseRecordExtension } from "../control/model/record-extension.ts";
import type { StateReader } from "../control/state/state-reader.ts";
import { LocationView } from "../dataplane/geo/location-view.ts";
import type { ZoneImage } from "../dataplane/image/zone-image.ts";
import { decodeTrace } from "../dataplane/policy/decode-trace.ts";
import type { TracedGroup, TracedStep } from "../dataplane/policy/decode-trace.ts";
import { TraceBuffer } from "../dataplane/policy/trace-buffer.ts";
import { formatRdata } from "../dns/rdata/rdata.ts";
import { formatName } from "../dns/wire/name.ts";
import { EDNS_OPTION, rcodeToText, typeToText } from "../dns/wire/registries.ts";
import { describeLocation, describeTable } from "../geo/describe-table.ts";
import { askImage } from "./ask-image.ts";
import type { ImageAnswer } from "./ask-image.ts";
import { explainCandidate } from "./explain-candidate.ts";
import type { AnswerConditions } from "./test-answer.ts";

/**
 * Answers a question with the name server code itself and tells what that looked at and why it
 * decided as it did.
 */
export function explain(
  image: ZoneImage,
  question: ExplainQuestion,
  conditions: AnswerConditions & { state: StateReader },
): Explanation {
  const { state } = conditions;
  const { name, type, atMs, client, zoneId } = question;
  const trace = new TraceBuffer();
  const asked = { name, type, clientSubnet: client };
  const answer = askImage(image, asked, { ...conditions, atMs, trace });
  const steps = decodeTrace(answer.zone, trace);
  const place = placeOf(answer, conditions.locations);
  const zoneName = state.get<HostedZone>("hostedZone", [zoneId])?.name ?? "";
  return {
    question: { name, type, at: new Date(atMs).toISOString() },
    hostedZone: { id: zoneId, name: zoneName },
    client: clientOf(answer, client),
    ...(place ? { place } : {}),
    groups: explainGroups(steps, { answer, zoneId, state }),
    answer: answerOf(answer, steps),
  };
}

function clientOf({ context }: ImageAnswer, client: ExplainQuestion["client"]) {
  const isUsed = context.clientKnown !== 0;
  const unused = isUsed ? "" : "; nothing in this answer hangs on it";
  if (!client) {
    const why = "no client subnet given, so the resolver counts, which nobody knows here";
    return { network: "unknown", why: `${why}${unused}` };
  }
  return { network: formatCidr(client), why: `the query's client subnet${unused}` };
}

/** Where the client was found to be; `undefined` where no policy asked. */
function placeOf(
  { context }: ImageAnswer,
  locations: SharedArrayBuffer | null,
): ExplainedPlace | undefined {
  if (context.location < 0 || !locations) return undefined;
  const view = new LocationView(locations);
  const { source, madeAtMs } = describeTable(view);
  const found = describeLocation(view, context.location);
  const { continent = "", country = "", subdivision = "", latitude, longitude } = found ?? {};
  const day = new Date(madeAtMs).toISOString().slice(0, 10);
  return {
    ...{ continent, country, subdivision },
    ...(latitude === undefined ? {} : { latitude, longitude }),
    source: `location table of ${source}, ${day}`,
  };
}

type Known = { answer: ImageAnswer; zoneId: string; state: StateReader };

/** The groups of a trace, each named by the set and the branch it is found at. */
function explainGroups(steps: readonly TracedStep[], known: Known): ExplainedGroup[] {
  const groups: ExplainedGroup[] = [];
  let set = { name: "", type: "", owner: "" };
  let path = "";
  let depth = -1;
  for (const step of steps) {
    if (step.kind === "set") {
      const type = typeToText(step.type);
      set = { name: formatName(step.owner), type, owner: formatName(step.owner, 8) };
      path = "";
      depth++;
    } else if (step.kind === "group") {
      groups.push({
        set: `${set.name} ${set.type}${path}`,
        depth,
        policy: step.policy,
        failOpen: step.isFailOpen,
        ...(step.failMode === "open" ? {} : { failMode: step.failMode }),
        ...(path === "" ? extensionNote(set, known) : {}),
        candidates: step.candidates.map((candidate) => {
          return explainCandidate(candidate, { ...known, group: step, set });
        }),
      });
      const taken = step.candidates.find(({ isTaken }) => isTaken);
      if (taken?.target.kind === "group") {
        path = ` at ${taken.label}`;
        depth++;
      }
    }
  }
  return groups;
}

/** What a record extension has to do with the group at the top of a set. */
function extensionNote(
  { owner, type }: { owner: string; type: string },
  { zoneId, state }: Known,
): { extension?: string } {
  const text = state.get<string>("recordExtension", [zoneId, owner, type]);
  if (text === undefined) return {};
  const sets = state.rrsetsAt(zoneId, owner).filter((rrset) => rrset.type === type);
  const { unused, missing, leftOut } = extensionUse(parseRecordExtension(text), sets);
  const notes = [
    unused === undefined ? "by its record extension" : `its record extension is unused: ${unused}`,
    ...(missing.length > 0 ? [`sets that are not there: ${missing.join(", ")}`] : []),
    ...(leftOut.length > 0 ? [`sets left out: ${leftOut.join(", ")}`] : []),
  ];
  return { extension: notes.join("; ") };
}

function answerOf(
  { message, context }: ImageAnswer,
  steps: readonly TracedStep[],
): ExplainedAnswer {
  const records = message.answer.map(({ owner, type, ttl, rdata }) => ({
    name: formatName(owner),
    type: typeToText(type),
    ttl,
    value: formatRdata(type, rdata),
  }));
  const subnet = message.edns?.options.find(({ code }) => code === EDNS_OPTION.CLIENT_SUBNET);
  const last = records.at(-1);
  return {
    responseCode: rcodeToText(message.rcode),
    records,
    ...(last ? { ttlOrigin: ttlOriginOf(last, steps) } : {}),
    ...(subnet ? { scope: context.scope } : {}),
  };
}

/** The set, and the branch of it, that the records and their TTL are of. */
function ttlOriginOf(
  last: { name: string; type: string; ttl: number },
  steps: readonly TracedStep[],
): string {
  let owner = last.name;
  let label: string | undefined;
  for (const step of steps) {
    if (step.kind === "set" || step.kind === "alias") {
      owner = formatName(step.owner);
      label = undefined;
    } else if (step.kind === "group") {
      label = takenLabel(step);
    }
  }
  const branch = label === undefined ? "" : `, ${label}`;
  return `${last.ttl} s, of ${owner} ${last.type}${branch}`;
}

/** Of several that are taken together it is all of theirs. */
function takenLabel({ policy, candidates }: TracedGroup): string | undefined {
  if (policy === "multivalue") return undefined;
  return candidates.find(({ isTaken }) => isTaken)?.label;
}
