import { TYPE } from "../../dns/wire/registries.ts";
import { relayImage } from "./image-allocation.ts";
import { ImageEditor } from "./image-editor.ts";
import type { ImageRRset } from "./image-rrset.ts";
import { CHILD_COUNT_SHIFT, HEADER, NODE_FLAG } from "./layout.ts";
import { NodeDraft } from "./node-draft.ts";
import { ImageError, type ZoneImage, ZoneView } from "./zone-image.ts";
import { capacityFor, liveWords } from "./zone-image-builder.ts";

const kindMask = NODE_FLAG.CUT | NODE_FLAG.DNAME;

/**
 * Replaces everything at one owner name of an image that is being served; readers see the owner as
 * it was or as it is. One thread at a time may patch an image.
 * @param owner wire form
 * @param rrsets all its sets from now on; none: the owner goes
 * @returns false where the image stays as it was because it has to be built anew: the change makes
 *   or removes a zone cut or a DNAME above other names, or there is no room
 * @throws ImageError where the sets are refused; the image stays as it was
 */
export function patchZoneImage(
  image: ZoneImage,
  owner: Uint8Array,
  rrsets: readonly ImageRRset[],
): boolean {
  const zone = new ZoneView(image.buffer);
  const editor = new ImageEditor(zone);
  const draft = new NodeDraft();
  if (!draft.name.load(zone, owner)) {
    throw new ImageError("Cannot patch zone: owner is not in the zone", owner, 0);
  }
  draft.begin();
  for (const rrset of rrsets) draft.add(zone, rrset);
  const { depth } = draft.name;
  if (depth === 0 && !draft.has(TYPE.SOA)) {
    throw new ImageError("Cannot patch zone: no SOA at the apex", owner, TYPE.SOA);
  }
  const node = editor.find(draft.name, depth);
  const before = node === 0 ? 0 : (zone.words[node + 1] as number);
  // What lies below a cut or a DNAME is marked as hidden: with nothing below, nothing to mark.
  const hides = (before & kindMask) !== draft.kind() && before >>> CHILD_COUNT_SHIFT > 0;
  if (hides || !editor.hasRoomFor(draft, patchedSlotsMax(zone))) return false;
  if (draft.rrsetCount > 0) editor.put(draft);
  else editor.remove(draft);
  return true;
}

/** Slots that patches may take: fuller than a new table, yet a search stays short. */
function patchedSlotsMax(zone: ZoneView): number {
  return Math.min(
    Math.floor(((zone.words[HEADER.slotCount] as number) * 7) / 8),
    (zone.words[HEADER.slotCount] as number) - 1,
  );
}

/**
 * A copy of an image without dead nodes and with room for patches: what to do first when a patch
 * found no room.
 */
export function compactZoneImage(image: ZoneImage): ZoneImage {
  const zone = new ZoneView(image.buffer);
  const copy = relayImage(zone, capacityFor(zone.words, liveWords(zone.words)));
  return { buffer: copy.words.buffer as SharedArrayBuffer };
}
