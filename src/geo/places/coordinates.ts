/** A point on the Earth in degrees: latitude −90–90, longitude −180–180, north and east positive. */
export type Coordinates = { readonly latitude: number; readonly longitude: number };

/** Reads lines of `KEY LATITUDE LONGITUDE`, several to a line between bars. */
export function coordinateTable(text: string): ReadonlyMap<string, Coordinates> {
  return new Map(
    text
      .trim()
      .split(/\s*[|\n]\s*/)
      .map((entry) => {
        const [key = "", latitude, longitude] = entry.split(" ");
        return [key, { latitude: Number(latitude), longitude: Number(longitude) }] as const;
      }),
  );
}
