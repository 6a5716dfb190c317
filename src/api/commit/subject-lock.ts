/** Runs what concerns one subject one after the other, so that it seldom meets a conflict. */
export class SubjectLock {
  readonly #last = new Map<string, Promise<unknown>>();

  /** Runs `f` when everything given before for any of `subjects` is over. */
  async run<T>(subjects: readonly string[], f: () => Promise<T>): Promise<T> {
    const before = subjects.map((subject) => this.#last.get(subject));
    const turn = Promise.allSettled(before).then(f);
    const over = turn.catch(() => undefined);
    for (const subject of subjects) this.#last.set(subject, over);
    try {
      return await turn;
    } finally {
      for (const subject of subjects) {
        if (this.#last.get(subject) === over) this.#last.delete(subject);
      }
    }
  }
}
