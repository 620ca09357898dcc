// Watches products whose images are on their way: a few at a time, each by a request that is answered when there is
// news.

import { ask } from "./api.js";

/** How many requests wait at once. Browsers have six connections to a server; the others are for pictures. */
const AT_ONCE = 3;

/** How long a request waits, in seconds: briefly when others queue for its place. */
const WAIT = { alone: 20, queued: 2 };

/** How long to leave a product alone after an error, in milliseconds. */
const AFTER_ERROR = 5000;

export class Watch {
  /** `news` is called with a product that changed, and with its id and nothing when it is gone. */
  constructor(news) {
    this.news = news;
    this.queue = new Map();
    this.running = new Map();
    document.addEventListener("visibilitychange", () => this.turn());
  }

  /** Watches this product, unless it does already. */
  add(id) {
    if (!this.queue.has(id) && !this.running.has(id)) this.queue.set(id, undefined);
    this.turn();
  }

  remove(id) {
    this.queue.delete(id);
    this.running.get(id)?.abort();
  }

  turn() {
    while (!document.hidden && this.running.size < AT_ONCE && this.queue.size > 0) {
      const [id, etag] = this.queue.entries().next().value;
      this.queue.delete(id);
      const stop = new AbortController();
      this.running.set(id, stop);
      this.look(id, etag, stop.signal).then((again) => {
        this.running.delete(id);
        if (again !== undefined && !stop.signal.aborted) this.queue.set(id, again);
        this.turn();
      });
    }
  }

  /** One look. Answers the validator to look on with, or nothing when there is no more to see. */
  async look(id, etag, signal) {
    // The first look is answered at once: it tells what to wait for a change of.
    const wait = etag && (this.queue.size > 0 ? WAIT.queued : WAIT.alone);
    try {
      const answer = await ask("GET /products/{id}", { values: { id }, query: { wait }, etag, signal });
      if (answer.unchanged) return etag;
      const product = answer.data.data;
      this.news(id, product);
      return product.images_summary.pending + product.images_summary.processing > 0 ? answer.etag : undefined;
    } catch (error) {
      if (error.status === 404) this.news(id);
      if (error.status === 404 || signal.aborted) return undefined;
      await new Promise((done) => { setTimeout(done, AFTER_ERROR); });
      return "";
    }
  }
}
