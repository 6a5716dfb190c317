import { regionCoordinates } from "./aws-regions.ts";
import { coordinateTable } from "./coordinates.ts";
import type { Coordinates } from "./coordinates.ts";

/** The cities of AWS Local Zones, open or announced, by the airport code in their names. */
const cities = coordinateTable(`
akl -36.85 174.76|ams 52.37 4.90|ath 37.98 23.73|atl 33.75 -84.39|ber 52.52 13.41|blr 12.97 77.59
bkk 13.76 100.50|bne -27.47 153.03|bog 4.71 -74.07|bos 42.36 -71.06|bru 50.85 4.35|bue -34.60 -58.38
ccu 22.57 88.36|chi 41.88 -87.63|cmn 33.57 -7.59|cph 55.68 12.57|del 28.61 77.21|den 39.74 -104.99
dfw 32.78 -96.80|dkr 14.72 -17.47|gig -22.91 -43.17|ham 53.55 9.99|han 21.03 105.85|hel 60.17 24.94
hnl 21.31 -157.86|iah 29.76 -95.37|ist 41.01 28.98|jnb -26.20 28.05|las 36.17 -115.14|lax 34.05 -118.24
lim -12.05 -77.04|lis 38.72 -9.14|los 6.52 3.38|maa 13.08 80.27|mci 39.10 -94.58|mct 23.59 58.41
mia 25.76 -80.19|mnl 14.60 120.98|msp 44.98 -93.27|muc 48.14 11.58|nbo -1.29 36.82|nyc 40.71 -74.01
osl 59.91 10.75|pdx 45.52 -122.68|per -31.95 115.86|phl 39.95 -75.17|phx 33.45 -112.07|pnq 18.52 73.86
prg 50.08 14.44|qro 20.59 -100.39|scl -33.45 -70.67|sea 47.61 -122.33|tpe 25.03 121.57|vie 48.21 16.37
waw 52.23 21.01|yto 43.65 -79.38|yvr 49.28 -123.12`);

const form = /^(.+)-([a-z]{3})-[1-9][0-9]?$/;

/** Where a group of Local Zones is, such as `us-east-1-bue-1`; `undefined` for an unknown one. */
export function localZoneGroupCoordinates(group: string): Coordinates | undefined {
  const [, region = "", city = ""] = form.exec(group) ?? [];
  return regionCoordinates(region) ? cities.get(city) : undefined;
}
