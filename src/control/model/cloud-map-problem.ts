/** Settings or attributes that Cloud Map cannot take; `message` says which and why. */
export class CloudMapProblem extends Error {
  override name = "CloudMapProblem";
}
