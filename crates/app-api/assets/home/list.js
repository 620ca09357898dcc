// The newest products on the page: kept as the server has them, as long as somebody looks.

import { ask } from "./api.js";
import { Card } from "./card.js";
import { Watch } from "./watch.js";
import { bytes, count } from "./words.js";

const PAGE = 20;

/** How long to leave the list alone between two looks, in milliseconds, and at most after errors. */
const EVERY = 4000;
const AT_MOST = 30000;

export class List {
  /** `say` announces. `state` is called after each look: with an error or nothing, and whether there is nothing. */
  constructor({ say, state }) {
    this.say = say;
    this.state = state;
    this.element = document.getElementById("products");
    this.more = document.getElementById("more");
    this.cards = new Map();
    this.watch = new Watch((id, product) => (product ? this.update(product) : this.remove(id)));
    this.pause = EVERY;
    this.added = 0;
    this.more.addEventListener("click", () => this.showMore());
    document.addEventListener("visibilitychange", () => this.look());
  }

  /** Looks at the newest products, and again after a while for as long as the page can be seen. */
  async look() {
    clearTimeout(this.next);
    if (document.hidden || this.looking) return;
    this.looking = true;
    const added = this.added;
    try {
      const { data } = await ask("GET /products", { query: { limit: PAGE } });
      // A list from before a product was added here would take it away again.
      if (added === this.added) this.merge(data.data, data.next_cursor);
      this.pause = EVERY;
      this.state(undefined, this.cards.size === 0);
    } catch (error) {
      this.pause = Math.min(AT_MOST, this.pause * 2);
      this.state(error, false);
    }
    this.looking = false;
    this.element.setAttribute("aria-busy", "false");
    this.next = setTimeout(() => this.look(), this.pause);
  }

  /** Makes the beginning of the list equal to the server's. */
  merge(products, cursor) {
    const before = this.cards.size;
    const overlaps = products.some(({ id }) => this.cards.has(id));
    const beginning = this.cursor === undefined || !overlaps || cursor === null;
    if (beginning) {
      // All that there is, or so much that is new that what was shown does not follow on it.
      const kept = new Set(products.map(({ id }) => id));
      for (const id of [...this.cards.keys()]) if (!kept.has(id)) this.remove(id);
      this.goesOn(cursor);
    } else {
      this.removeMissing(new Set(products.map(({ id }) => id)));
    }
    let place = this.element.firstElementChild;
    for (const product of products) {
      const card = this.card(product);
      if (card.element === place) place = place.nextElementSibling;
      else this.element.insertBefore(card.element, place);
    }
    const added = this.cards.size - before;
    if (before > 0 && added > 0) this.say(`${count(added, "new product")}.`);
    this.sums();
  }

  /** Whatever is shown before the last of the newest, and is not one of them, is gone. */
  removeMissing(newest) {
    const ids = Array.from(this.element.children, (element) => Number(element.dataset.product));
    const last = ids.findLastIndex((id) => newest.has(id));
    for (const id of ids.slice(0, last)) if (!newest.has(id)) this.remove(id);
  }

  goesOn(cursor) {
    this.cursor = cursor;
    this.more.hidden = cursor === null;
  }

  /** The product's card, with what is newest. */
  card(product) {
    let card = this.cards.get(product.id);
    if (card === undefined) {
      card = new Card(product, (changed, words) => {
        this.say(words);
        this.update(changed);
      });
      this.cards.set(product.id, card);
    } else {
      this.refresh(card, product);
      card.tick();
    }
    if (card.unsettled) this.watch.add(product.id);
    return card;
  }

  /** Shows a product that was just made here. */
  add(product) {
    this.added += 1;
    for (const card of this.cards.values()) card.element.classList.remove("fresh");
    const card = this.card(product);
    card.element.classList.add("fresh");
    if (card.element.parentElement === null) this.element.prepend(card.element);
    this.sums();
    this.state(undefined, false);
    card.element.scrollIntoView({ block: "nearest" });
  }

  update(product) {
    const card = this.cards.get(product.id);
    if (card === undefined) return;
    this.refresh(card, product);
    if (card.unsettled) this.watch.add(product.id);
    this.sums();
  }

  /** Has a card show what is newer, and says when its pictures are done. */
  refresh(card, product) {
    const waited = card.unsettled;
    card.update(product);
    if (waited && !card.unsettled) {
      const { ready, failed } = card.product.images_summary;
      const failures = failed > 0 ? `, ${failed} failed` : "";
      this.say(`${product.product_name}: ${count(ready, "picture")} ready${failures}.`);
    }
  }

  remove(id) {
    this.watch.remove(id);
    this.cards.get(id)?.element.remove();
    this.cards.delete(id);
  }

  async showMore() {
    if (this.more.getAttribute("aria-disabled") === "true") return;
    this.more.setAttribute("aria-disabled", "true");
    const { cursor } = this;
    try {
      const { data } = await ask("GET /products", { query: { limit: PAGE, cursor } });
      // The list has begun anew meanwhile, and this does not follow on it.
      if (cursor !== this.cursor) return;
      const fresh = data.data.filter(({ id }) => !this.cards.has(id)).map((product) => this.card(product).element);
      const focused = document.activeElement === this.more;
      this.element.append(...fresh);
      this.goesOn(data.next_cursor);
      this.sums();
      this.say(`${count(fresh.length, "more product")}.`);
      if (focused && fresh.length > 0) focus(fresh[0].querySelector("h3"));
    } catch (error) {
      // The list has begun anew since; what it begins with tells where it goes on.
      if (error.status === 400) this.cursor = undefined;
      this.state(error, false);
    } finally {
      this.more.removeAttribute("aria-disabled");
    }
  }

  /** What all of it comes to. */
  sums() {
    const images = [...this.cards.values()].flatMap(({ product }) => product.images);
    const ready = images.filter(({ status }) => status === "ready");
    const given = ready.reduce((sum, { source }) => sum + (source.bytes ?? 0), 0);
    const thumbs = ready.flatMap(({ renditions }) => renditions.filter(({ name }) => name === "thumb"));
    const made = thumbs.reduce((sum, rendition) => sum + rendition.bytes, 0);
    const waiting = images.filter(({ status }) => status === "pending" || status === "processing").length;
    const parts = [count(this.cards.size, "product"), count(images.length, "picture")];
    if (made > 0) parts.push(`${bytes(given)} given, ${bytes(made)} as thumbs`);
    if (waiting > 0) parts.push(`${waiting} on ${waiting === 1 ? "its" : "their"} way`);
    document.getElementById("sums").textContent = this.cards.size > 0 ? parts.join(" \u00b7 ") : "";
  }
}

function focus(heading) {
  heading.tabIndex = -1;
  heading.focus();
}
