import type { ImageEditor } from "./image-editor.ts";
import { ImageName } from "./image-name.ts";
import { HEADER, NODE_FLAG, NODE_HEADER_WORDS } from "./layout.ts";
import { type ZoneView, nodeWords } from "./zone-image.ts";

const hides = NODE_FLAG.CUT | NODE_FLAG.DNAME;

/** Marks every node below a zone cut or a DNAME as OCCLUDED; for an image nobody reads yet. */
export function markOccluded(editor: ImageEditor): void {
  const { zone } = editor;
  const { words } = zone;
  const name = new ImageName();
  const octets = new Uint8Array(256);
  const end = words[HEADER.arenaFree] as number;
  for (let node = words[HEADER.arenaStart] as number; node < end;) {
    if (((words[node + 1] as number) & NODE_FLAG.DEAD) === 0) {
      name.load(zone, octets.subarray(0, copyName(zone, node, octets)));
      if (isHidden(editor, name)) {
        words[node + 1] = (words[node + 1] as number) | NODE_FLAG.OCCLUDED;
      }
    }
    node += nodeWords(words, node);
  }
}

function isHidden(editor: ImageEditor, name: ImageName): boolean {
  for (let depth = 0; depth < name.depth; depth++) {
    const ancestor = editor.find(name, depth);
    if (((editor.zone.words[ancestor + 1] as number) & hides) !== 0) return true;
  }
  return false;
}

/** @returns the size of the node's whole name, now in `out` */
function copyName(zone: ZoneView, node: number, out: Uint8Array): number {
  const size = (zone.words[node] as number) & 0xff;
  const start = (node + NODE_HEADER_WORDS) * 4;
  out.set(zone.octets.subarray(start, start + size));
  out.set(zone.octets.subarray(zone.apexOffset, zone.apexOffset + zone.apexSize), size);
  return size + zone.apexSize;
}
