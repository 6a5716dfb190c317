type Question = { resolve(value: unknown): void; reject(error: Error): void };

/** Questions that wait for an answer by message, by number. */
export class OpenQuestions {
  readonly #open = new Map<number, Question>();
  #nextId = 1;

  /** How many wait. */
  get size(): number {
    return this.#open.size;
  }

  /** Has `send` send a question under a number of its own. @returns its answer */
  ask(send: (id: number) => void): Promise<unknown> {
    const id = this.#nextId++;
    send(id);
    return new Promise((resolve, reject) => this.#open.set(id, { resolve, reject }));
  }

  answer(id: number, value: unknown): void {
    this.#take(id)?.resolve(value);
  }

  refuse(id: number, error: Error): void {
    this.#take(id)?.reject(error);
  }

  answerAll(value: unknown): void {
    for (const id of this.#open.keys()) this.answer(id, value);
  }

  refuseAll(error: Error): void {
    for (const id of this.#open.keys()) this.refuse(id, error);
  }

  #take(id: number): Question | undefined {
    const question = this.#open.get(id);
    this.#open.delete(id);
    return question;
  }
}
