import { bigZoneRRsetCount, compileNotesMax, imagesPerMessageMax } from "../../base/limits.ts";
import { asksPlaces } from "../../dataplane/image/zone-image.ts";
import type { ZoneImage } from "../../dataplane/image/zone-image.ts";
import { ZONE_FLAG } from "../../dataplane/image/zone-table.ts";
import type { Committed } from "../model/committed.ts";
import type { HostedZone } from "../model/hosted-zone.ts";
import { zoneIdOfSubject, zoneSubject } from "../model/mutation.ts";
import { servedZone } from "../state/served-zone.ts";
import type { StateReader } from "../state/state-reader.ts";
import type { CompileProblem } from "./compile-problem.ts";
import type { BuildResult, ImageUpdate, ImageUpdates } from "./compiler-messages.ts";
import type { ImageCache } from "./image-cache.ts";
import { collectionUsers, collectionVersions } from "./routing-sources.ts";
import { ZoneCompiler, problemOf } from "./zone-compiler.ts";
import type { CompileResult, ZoneIdentity } from "./zone-compiler.ts";
import type { WantedLocations } from "./wanted-locations.ts";

export type ServedImagesOptions = {
  state: StateReader;
  /** Whether images of private zones are made, too; of several with one name each has its own. */
  privateZones: boolean;
  /** Where images of big zones are kept from one start to the next. */
  cache: ImageCache;
  /** Compiles a zone elsewhere; `built()` is to be called with the result. */
  build: (zoneId: string) => void;
  publish: (updates: ImageUpdates) => void;
  /** Wanted with the first set that asks for clients' places. */
  locations: Pick<WantedLocations, "want" | "settle">;
};

/** Zones compiled between two reports. */
const progressInterval = 100;
/** Zones read at once: of a million only what is kept of them takes memory at a time. */
const zonePageSize = 1_000;

/** A zone that is served, or would be if it compiled. */
type Entry = {
  zone: ZoneIdentity;
  image?: ZoneImage;
  /** The last entry of the log on the zone that the image in the cache has; −1: there is none. */
  keptHead: number;
  flags: number;
  problem?: CompileProblem;
  /** The first entry of the log that the image does not have yet; 0: it has all. */
  waitingSince: number;
  /** While it is built elsewhere. */
  build?: Build;
};

/**
 * What has changed since a build began: names to be brought up to the state afterwards, or all of
 * the zone again; `since` is the first entry of the log that did so.
 */
type Build = { changed: Set<string>; again: boolean; since: number };

/** Names of a zone that have changed; `"all"` after an import. */
type ChangedNames = Set<string> | "all";

/**
 * Keeps the images of the zones that are served up to the state: patches them in place where it
 * can, compiles small zones anew, and has big ones built elsewhere while their old image serves.
 */
export class ServedImages {
  readonly #options: ServedImagesOptions;
  readonly #state: StateReader;
  readonly #compiler: ZoneCompiler;
  readonly #entries = new Map<string, Entry>();
  /** Id of the public zone that is served under a name. */
  readonly #idByName = new Map<string, string>();
  readonly #waiting = new Set<Entry>();
  /** What entries of the log have changed since the last flush. */
  #pending = new Map<string, ChangedNames>();
  /** Of the CIDR collections whose blocks are in the images. */
  #collections = new Map<string, number>();
  #collectionsChanged = false;
  #updates: ImageUpdate[] = [];
  #alarmsChanged = false;
  #notes: string[] = [];
  /** The last entry of the log that `changed()` was told of, and the last that was flushed. */
  #seenSeq = 0;
  #flushedSeq = 0;
  #publishedSeq = 0;
  #counts = { compiled: 0, patched: 0, failed: 0 };
  /** Whether an image of a small zone may have changed since they were kept. */
  #isPackOld = false;

  constructor(options: ServedImagesOptions) {
    this.#options = options;
    this.#state = options.state;
    this.#compiler = new ZoneCompiler(options.state, {
      seed: options.cache.seed,
      onPlacesAsked: () => {
        options.locations.want();
        options.locations.settle();
      },
      onNote: (zoneId, { owner, type, note }) => {
        if (this.#notes.length < compileNotesMax) {
          this.#notes.push(`Zone ${zoneId}, ${owner} ${type}: ${note}`);
        }
      },
    });
  }

  /** Whether every zone has the image of the newest state that was looked at. */
  get isComplete(): boolean {
    return this.#waiting.size === 0;
  }

  /** Compiles every zone that is to be served; big ones are only begun. */
  compileAll(onProgress: (done: number, total: number) => void): void {
    const { cache } = this.#options;
    this.#state.read(() => {
      cache.openPack(this.#state);
      this.#seenSeq = this.#state.lastSeq();
      this.#collections = collectionVersions(this.#state);
      const zones = [...eachZone(this.#state)].filter(
        (zone) => !zone.private || this.#options.privateZones,
      );
      const counts = new Map<string, number>();
      for (const { name, private: isPrivate } of zones) {
        if (!isPrivate) counts.set(name, (counts.get(name) ?? 0) + 1);
      }
      let done = 0;
      for (const zone of zones) {
        // Most names are one zone's: which of several is served need not be asked.
        if (zone.private || counts.get(zone.name) === 1) this.#begin(zone);
        else this.#review(zone.id);
        if (++done % progressInterval === 0) onProgress(done, zones.length);
      }
      onProgress(done, zones.length);
      cache.closePack();
    });
    // Not before: big zones wait since entry 1, so that nothing is served until they are.
    this.#flushedSeq = this.#seenSeq;
    this.#publish();
  }

  /** Takes note of an entry of the log; `flush()` does the work for all of them at once. */
  changed(committed: Committed): void {
    this.#seenSeq = Math.max(this.#seenSeq, committed.seq);
    this.#collectionsChanged ||= committed.tables.includes("cidrCollection");
    const zoneId = zoneIdOfSubject(committed.subject);
    if (zoneId !== undefined && !this.#pending.has(zoneId)) this.#pending.set(zoneId, new Set());
    for (const { zoneId: id, names } of committed.zones) {
      const before = this.#pending.get(id);
      if (names === "all" || before === "all") this.#pending.set(id, "all");
      else this.#pending.set(id, before ? addAll(before, names) : new Set(names));
    }
  }

  /** Names whose sets use a CIDR collection that has changed. */
  #namesOfChangedCollections(): Map<string, Set<string>> {
    const changed = new Map<string, Set<string>>();
    if (!this.#collectionsChanged) return changed;
    this.#collectionsChanged = false;
    const before = this.#collections;
    this.#collections = collectionVersions(this.#state);
    for (const [id, version] of this.#collections) {
      if (before.get(id) === version) continue;
      for (const [zoneId, names] of collectionUsers(this.#state, id)) {
        changed.set(zoneId, addAll(changed.get(zoneId) ?? new Set(), names));
      }
    }
    return changed;
  }

  /** Brings the images of all zones that have changed up to the state. */
  flush(): void {
    const pending = this.#pending;
    this.#pending = new Map();
    this.#state.read(() => {
      for (const [zoneId, names] of pending) {
        if (!this.#review(zoneId)) this.#bringUp(zoneId, names);
      }
      for (const [zoneId, names] of this.#namesOfChangedCollections()) {
        this.#bringUp(zoneId, names);
      }
    });
    this.#flushedSeq = this.#seenSeq;
    this.#publish();
  }

  /** Takes the result of a build that `options.build` has begun. */
  built(zoneId: string, { result, head }: BuildResult): void {
    const entry = this.#entries.get(zoneId);
    if (!entry?.build) return;
    const { changed, again, since } = entry.build;
    delete entry.build;
    this.#accept(entry, result);
    if ("image" in result) entry.keptHead = head;
    if (again) this.#compile(entry, since);
    else if (changed.size > 0 && !entry.problem) this.#patch(entry, changed, since);
    this.#publish();
  }

  /** The image that is served of a zone, or one that is made now of a zone that is not served. */
  imageOf(zoneId: string): ZoneImage | undefined {
    const entry = this.#entries.get(zoneId);
    if (entry) return entry.image;
    const zone = this.#state.get<HostedZone>("hostedZone", [zoneId]);
    if (!zone) return undefined;
    const result = this.#compiler.compile(zone);
    if (!("image" in result)) return undefined;
    if (asksPlaces(result.image)) this.#options.locations.want();
    this.#options.locations.settle();
    return result.image;
  }

  /** Keeps the images of big zones for the next start; nothing is to be done after this. */
  keep(): void {
    this.flush();
    const { cache } = this.#options;
    this.#state.read(() => {
      // Entries that this thread has not been told of yet are not in the images.
      if (this.#state.lastSeq() !== this.#flushedSeq) return;
      cache.keepOnly(this.#entries);
      const small = this.#keepBig();
      if (this.#isPackOld) cache.saveSmall(this.#state, small);
      this.#isPackOld = false;
    });
  }

  /** @returns the images of the other zones */
  #keepBig(): [string, ZoneImage][] {
    const small: [string, ZoneImage][] = [];
    for (const [zoneId, { image, keptHead, problem, waitingSince }] of this.#entries) {
      if (!image || problem || waitingSince !== 0) continue;
      if (this.#state.rrsetCount(zoneId) < bigZoneRRsetCount) small.push([zoneId, image]);
      else if (this.#state.head(zoneSubject(zoneId)) !== keptHead) {
        this.#options.cache.save(this.#state, zoneId, image);
      }
    }
    return small;
  }

  /**
   * Looks which zone is to be served under a zone's name, and with which flags.
   * @returns true where the zone has nothing left to be brought up to the state
   */
  #review(zoneId: string): boolean {
    const zone = this.#state.get<HostedZone>("hostedZone", [zoneId]);
    const known = zone ?? this.#entries.get(zoneId)?.zone;
    if (known === undefined) return true;
    if (known.private) return this.#reviewPrivate(zoneId, zone);
    const { name } = known;
    const served = servedZone(this.#state, name);
    const servedId = this.#idByName.get(name);
    if (servedId !== undefined && servedId !== served?.id) this.#drop(servedId);
    if (!served) return true;
    const entry = this.#entries.get(served.id);
    if (!entry) {
      this.#begin(served);
      return true;
    }
    const flags = this.#flagsOf(served.id);
    if (entry.flags !== flags) {
      entry.flags = flags;
      this.#update(entry);
    }
    return served.id !== zoneId;
  }

  /** A private zone is served as long as it exists, whatever others have its name. */
  #reviewPrivate(zoneId: string, zone: HostedZone | undefined): boolean {
    if (!zone) this.#drop(zoneId);
    if (!zone || !this.#options.privateZones) return true;
    if (this.#entries.has(zoneId)) return false;
    this.#begin(zone);
    return true;
  }

  #begin({ id, name, private: isPrivate }: ZoneIdentity): void {
    const zone = { id, name, private: isPrivate };
    const flags = zone.private ? 0 : this.#flagsOf(zone.id);
    const entry: Entry = { zone, keptHead: -1, flags, waitingSince: 0 };
    this.#entries.set(zone.id, entry);
    if (!zone.private) this.#idByName.set(zone.name, zone.id);
    this.#compile(entry, this.#flushedSeq + 1);
  }

  #flagsOf(zoneId: string): number {
    return this.#state.get("queryLoggingByZone", [zoneId]) === undefined ? 0 : ZONE_FLAG.LOGGED;
  }

  #drop(zoneId: string): void {
    const entry = this.#entries.get(zoneId);
    if (!entry) return;
    this.#entries.delete(zoneId);
    if (!entry.zone.private) this.#idByName.delete(entry.zone.name);
    this.#waiting.delete(entry);
    this.#alarmsChanged ||= entry.problem !== undefined;
    if (entry.image) this.#update({ ...entry, image: undefined });
  }

  #bringUp(zoneId: string, names: ChangedNames): void {
    const entry = this.#entries.get(zoneId);
    if (!entry || (names !== "all" && names.size === 0)) return;
    const since = this.#flushedSeq + 1;
    const { build } = entry;
    if (build) {
      if (build.since === 0) build.since = since;
      if (names === "all") build.again = true;
      else addAll(build.changed, names);
    }
    // An image that was not compiled from all of the state is not worth patching.
    if (names !== "all" && entry.image && !entry.problem) this.#patch(entry, names, since);
    else if (build) this.#wait(entry, since);
    else this.#compile(entry, since);
  }

  /** @param since the first entry of the log that changed any of the names */
  #patch(entry: Entry, names: Iterable<string>, since: number): void {
    if (!entry.image) return;
    const { image, unpatched, problem } = this.#compiler.patch(entry.zone, entry.image, names);
    this.#counts.patched++;
    this.#isPackOld = true;
    if (image !== entry.image) {
      entry.image = image;
      this.#update(entry);
    }
    if (problem) this.#fail(entry, problem);
    if (unpatched.length === 0) return;
    if (entry.build) this.#wait(entry, since);
    else this.#compile(entry, since);
  }

  /** Compiles a zone: here where that is quick, elsewhere where it is not. */
  #compile(entry: Entry, since: number): void {
    let count: number;
    try {
      count = this.#state.rrsetCount(entry.zone.id);
    } catch (error) {
      return this.#accept(entry, { problem: problemOf(error, entry.zone) });
    }
    if (count < bigZoneRRsetCount) return this.#accept(entry, this.#compileSmall(entry));
    const image = entry.image ? undefined : this.#options.cache.load(this.#state, entry.zone.id);
    if (image) {
      entry.keptHead = this.#state.head(zoneSubject(entry.zone.id));
      return this.#accept(entry, { image });
    }
    this.#wait(entry, since);
    entry.build = { changed: new Set(), again: false, since: 0 };
    this.#options.build(entry.zone.id);
  }

  #compileSmall({ zone, image }: Entry): CompileResult {
    const kept = image ? undefined : this.#options.cache.loadSmall(this.#state, zone.id);
    if (kept) return { image: kept };
    this.#isPackOld = true;
    return this.#compiler.compile(zone);
  }

  #wait(entry: Entry, since: number): void {
    if (entry.waitingSince === 0) entry.waitingSince = since;
    this.#waiting.add(entry);
  }

  #accept(entry: Entry, result: CompileResult): void {
    entry.waitingSince = 0;
    this.#waiting.delete(entry);
    if ("problem" in result) return this.#fail(entry, result.problem);
    this.#counts.compiled++;
    entry.image = result.image;
    if (asksPlaces(result.image)) this.#options.locations.want();
    this.#alarmsChanged ||= entry.problem !== undefined;
    delete entry.problem;
    this.#update(entry);
  }

  /** The zone goes on with the image it has, if any. */
  #fail(entry: Entry, problem: CompileProblem): void {
    this.#counts.failed++;
    entry.problem = problem;
    this.#alarmsChanged = true;
  }

  #alarms(): CompileProblem[] {
    return [...this.#entries.values()].flatMap(({ problem }) => problem ?? []);
  }

  #update({ zone, image, flags }: Entry): void {
    const buffer = image?.buffer ?? null;
    const { id: zoneId, name: zoneName, private: isPrivate } = zone;
    this.#updates.push({ zoneId, zoneName, isPrivate, image: buffer, flags });
    // More follow: what is served of the log is told with the last ones.
    if (this.#updates.length === imagesPerMessageMax) this.#publish(this.#publishedSeq);
  }

  /** The last entry of the log up to which all is served once the updates are. */
  #servedSeq(): number {
    let seq = this.#flushedSeq;
    // What a zone waits for is not served, and so nothing after it is reported as served.
    for (const { waitingSince } of this.#waiting) seq = Math.min(seq, waitingSince - 1);
    return seq;
  }

  #publish(seq = this.#servedSeq()): void {
    this.#options.locations.settle();
    this.#publishedSeq = seq;
    this.#options.publish({
      seq,
      updates: this.#updates,
      ...(this.#alarmsChanged ? { alarms: this.#alarms() } : {}),
      notes: this.#notes,
      counts: { ...this.#counts },
    });
    this.#updates = [];
    this.#notes = [];
    this.#alarmsChanged = false;
  }
}

/** All hosted zones, by id. */
function* eachZone(state: StateReader): Generator<ZoneIdentity> {
  let after: string[] | undefined;
  do {
    const page = { limit: zonePageSize, ...(after ? { after } : {}) };
    const rows = state.list<HostedZone>("hostedZone", page);
    for (const { value } of rows) {
      yield { id: value.id, name: value.name, private: value.private };
    }
    after = rows.length < zonePageSize ? undefined : rows.at(-1)?.key;
  } while (after);
}

function addAll(set: Set<string>, names: Iterable<string>): Set<string> {
  for (const name of names) set.add(name);
  return set;
}
