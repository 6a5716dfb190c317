/** What a maker of location data asks of those who use it. */
export type Attribution = {
  /** To be shown where results are shown. */
  readonly text: string;
  readonly url: string;
  /** A duty of the operator. */
  readonly duty?: string;
};

const makers: readonly { pattern: RegExp; attribution: Attribution }[] = [
  {
    pattern: /db-?ip/i,
    attribution: { text: "IP Geolocation by DB-IP", url: "https://db-ip.com" },
  },
  {
    pattern: /GeoLite2?/i,
    attribution: {
      text: "This product includes GeoLite data created by MaxMind",
      url: "https://www.maxmind.com",
      duty: "MaxMind's licence asks to destroy an old file within 30 days of a new release",
    },
  },
];

/**
 * For what a table's data and files are called; `undefined` where its maker is not known to ask for
 * anything.
 */
export function attributionOf(names: readonly string[]): Attribution | undefined {
  const all = names.join(" ");
  return makers.find(({ pattern }) => pattern.test(all))?.attribution;
}
