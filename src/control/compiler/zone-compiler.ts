import { labelCountMax } from "../../base/limits.ts";
import type { ImageRRset } from "../../dataplane/image/image-rrset.ts";
import { HEADER, NODE_WORDS_MAX } from "../../dataplane/image/layout.ts";
import { compactZoneImage, patchZoneImage } from "../../dataplane/image/patch-zone-image.ts";
import { buildZoneImage } from "../../dataplane/image/zone-image-builder.ts";
import { ImageError } from "../../dataplane/image/zone-image.ts";
import type { ZoneImage } from "../../dataplane/image/zone-image.ts";
import { formatName } from "../../dns/wire/name.ts";
import { typeToText } from "../../dns/wire/registries.ts";
import type { HostedZone } from "../model/hosted-zone.ts";
import { parseRecordExtension } from "../model/record-extension.ts";
import type { RecordExtension } from "../model/record-extension.ts";
import type { StateReader } from "../state/state-reader.ts";
import { CompileError } from "./compile-problem.ts";
import type { CompileProblem } from "./compile-problem.ts";
import { parseRoute53Name } from "./route53-wire-name.ts";
import { toImageRRsets } from "./rrset-to-image.ts";
import { stateSources } from "./routing-sources.ts";
import type { RoutingSources } from "./routing-sources.ts";
import type { CompileNote, ZoneContext } from "./rrset-to-image.ts";

/** What of a hosted zone its image is made by. */
export type ZoneIdentity = Pick<HostedZone, "id" | "name" | "private">;

export type ZoneCompilerOptions = {
  /** Seed of the name hash of every image: see `ZoneImageOptions.seed`. */
  seed: number;
  /** Told of every set that has no answer yet, and why. */
  onNote?: (zoneId: string, note: CompileNote) => void;
  /** Called before a set that asks for clients' places is put in an image that is being served. */
  onPlacesAsked?: () => void;
};

export type CompileResult = { image: ZoneImage } | { problem: CompileProblem };

/** What became of an attempt to change an image in place. */
export type PatchResult = {
  /** Another image than before where that had no room left. */
  image: ZoneImage;
  /** Names that cannot be changed in place: the zone has to be built anew. */
  unpatched: string[];
  /** The last name that was refused; it stays as it was. */
  problem?: CompileProblem;
};

/** Makes zone images of what the state holds. */
export class ZoneCompiler {
  readonly #state: StateReader;
  readonly #sources: RoutingSources;
  readonly #options: ZoneCompilerOptions;

  constructor(state: StateReader, options: ZoneCompilerOptions) {
    this.#state = state;
    this.#sources = stateSources(state);
    this.#options = options;
  }

  /** Compiles a whole zone from one snapshot of the state. */
  compile(zone: ZoneIdentity): CompileResult {
    const state = this.#state;
    try {
      return state.read(() => {
        const context = this.#contextOf(zone, allExtensions(state, zone.id));
        const options = { expectedNames: state.rrsetCount(zone.id), seed: this.#options.seed };
        const rrsets = toImageRRsets(state.eachRRset(zone.id), context);
        return { image: buildZoneImage(context.apex, rrsets, options) };
      });
    } catch (error) {
      return { problem: problemOf(error, zone) };
    }
  }

  /**
   * Brings names of an image that is being served up to the state.
   * @param names as in `ResourceRecordSet.name`
   */
  patch(zone: ZoneIdentity, image: ZoneImage, names: Iterable<string>): PatchResult {
    const context = this.#contextOf(zone, eachExtension(this.#state, zone.id));
    const run = new PatchRun(this.#state, context, { ...this.#options, image });
    let problem: CompileProblem | undefined;
    const isLeft = (name: string): boolean => {
      try {
        return !run.patchName(name);
      } catch (error) {
        problem = problemOf(error, zone);
        return false;
      }
    };
    // The names above before those below: a new zone cut comes before its glue.
    let unpatched = [...names].sort((a, b) => a.length - b.length);
    for (let before = Infinity; unpatched.length > 0 && unpatched.length < before;) {
      before = unpatched.length;
      // A zone cut can be made or removed in place only where nothing lies below: names that
      // could not be changed are tried again as long as others of them could.
      unpatched = unpatched.filter(isLeft);
    }
    return { image: run.image, unpatched, ...(problem ? { problem } : {}) };
  }

  #contextOf(zone: ZoneIdentity, extensionOf: ZoneContext["extensionOf"]): ZoneContext {
    const onNote = (note: CompileNote): void => this.#options.onNote?.(zone.id, note);
    const apex = parseRoute53Name(zone.name);
    return { zoneId: zone.id, apex, sources: this.#sources, extensionOf, onNote };
  }
}

/** Reads the record extensions of a zone one by one. */
function eachExtension(state: StateReader, zoneId: string): ZoneContext["extensionOf"] {
  return ({ name, type }) =>
    extensionIn(state.get<string>("recordExtension", [zoneId, name, type]));
}

/** Reads them all at once, for when most sets are asked for: few have one. */
function allExtensions(state: StateReader, zoneId: string): ZoneContext["extensionOf"] {
  const rows = state.list<string>("recordExtension", { prefix: [zoneId] });
  const texts = new Map(rows.map(({ key, value }) => [`${key[1]} ${key[2]}`, value]));
  return ({ name, type }) => extensionIn(texts.get(`${name} ${type}`));
}

function extensionIn(text: string | undefined): RecordExtension | undefined {
  return text === undefined ? undefined : parseRecordExtension(text);
}

/** Patches several names of one image. */
class PatchRun {
  image: ZoneImage;
  readonly #onPlacesAsked: ZoneCompilerOptions["onPlacesAsked"];
  readonly #state: StateReader;
  readonly #context: ZoneContext;
  #isCompact = false;

  constructor(
    state: StateReader,
    context: ZoneContext,
    { image, onPlacesAsked }: { image: ZoneImage } & Pick<ZoneCompilerOptions, "onPlacesAsked">,
  ) {
    this.#state = state;
    this.#context = context;
    this.image = image;
    this.#onPlacesAsked = onPlacesAsked;
  }

  /** @returns false where the name cannot be changed in place @throws ImageError, CompileError */
  patchName(name: string): boolean {
    const rrsets = this.#state.rrsetsAt(this.#context.zoneId, name);
    const images: ImageRRset[] = [...toImageRRsets(rrsets, this.#context)];
    const owner = parseRoute53Name(name);
    if (images.some((set) => "program" in set && set.program.asksPlaces)) this.#onPlacesAsked?.();
    if (patchZoneImage(this.image, owner, images)) return true;
    if (this.#isCompact || !isNearlyFull(this.image)) return false;
    this.image = compactZoneImage(this.image);
    this.#isCompact = true;
    return patchZoneImage(this.image, owner, images);
  }
}

/** Whether one more name might not fit: with more room than this, a patch fails for other reasons. */
function isNearlyFull(image: ZoneImage): boolean {
  const words = new Int32Array(image.buffer);
  const column = (index: number): number => words[index] as number;
  const arenaRoom = column(HEADER.arenaEnd) - column(HEADER.arenaFree);
  const slotRoom = column(HEADER.slotCount) * 0.875 - column(HEADER.slotsUsed);
  return arenaRoom < 2 * NODE_WORDS_MAX || slotRoom < 2 * labelCountMax;
}

/** Any error of a compilation as what an operator is told. */
export function problemOf(error: unknown, zone: ZoneIdentity): CompileProblem {
  const where = { zoneId: zone.id, zoneName: zone.name };
  if (error instanceof CompileError) {
    return { ...where, owner: error.owner, type: error.type, reason: error.message };
  }
  if (error instanceof ImageError) {
    const type = error.type === 0 ? "" : typeToText(error.type);
    return { ...where, owner: formatName(error.owner, 8), type, reason: error.message };
  }
  const reason = error instanceof Error ? error.message : String(error);
  return { ...where, owner: "", type: "", reason };
}
