// A product as a card. What users wrote is set as text, never as HTML.

import { ask, ownerName } from "./api.js";
import { ago, bytes, count, price, sentence } from "./words.js";

/** How wide a card's picture gets, for browsers to choose a rendition by. */
const SIZES = { large: "(min-width: 40rem) 22rem, 100vw", small: "6rem" };

const settled = (image) => image.status === "ready" || image.status === "failed";
const total = (list, size) => list.reduce((sum, item) => sum + size(item), 0);
const smallest = (image) => image.renditions.reduce((a, b) => (b.bytes < a.bytes ? b : a));
const largest = (image) => image.renditions.reduce((a, b) => (b.width > a.width ? b : a));
const thumb = (image) => image.renditions.find((rendition) => rendition.name === "thumb") ?? smallest(image);

function stamp(id) {
  return document.getElementById(id).content.firstElementChild.cloneNode(true);
}

function called(image) {
  return image.source.filename ?? image.source.url ?? "A picture";
}

export class Card {
  /** `changed` is called with the product after it changed here. */
  constructor(product, changed) {
    this.element = stamp("card");
    this.element.dataset.product = product.id;
    this.changed = changed;
    this.pictures = new Map();
    this.show(product);
  }

  get unsettled() {
    return !this.product.images.every(settled);
  }

  /** Shows the product, unless something newer is shown. */
  update(product) {
    if (product.version <= this.product.version) return false;
    this.show(product);
    return true;
  }

  show(product) {
    const first = this.product === undefined;
    this.product = product;
    const part = (selector) => this.element.querySelector(selector);
    part("h3").textContent = product.product_name;
    part(".price").textContent = price(product.product_price);
    part(".description").textContent = product.product_description;
    ownerName(product.user_id).then((name) => { part(".owner").textContent = name; });
    this.tick();
    this.showPictures(product, !first);
    this.showFailures(product);
    this.showBytes(product);
  }

  /** Time goes by. */
  tick() {
    const time = this.element.querySelector("time");
    time.dateTime = this.product.created_at;
    time.textContent = ago(this.product.created_at);
  }

  /** What did not change stays as it is, so that nothing flickers or loses the focus. */
  showPictures(product, animated) {
    const shown = product.images.filter((image) => image.status !== "failed");
    const elements = shown.map((image, index) => {
      const state = JSON.stringify([image, index === 0, product.product_name]);
      const known = this.pictures.get(image.id);
      if (known?.state === state) return known.element;
      const ready = image.status === "ready";
      const element = ready ? readyPicture(product, image, index === 0) : waitingPicture(image);
      element.classList.toggle("new", ready && animated && known?.ready !== true);
      this.pictures.set(image.id, { state, element, ready });
      return element;
    });
    if (elements.length === 0) {
      this.nothing ??= stamp("none");
      elements.push(this.nothing);
    }
    const gallery = this.element.querySelector(".gallery");
    const stays = (element, index) => gallery.children[index] === element;
    const same = elements.length === gallery.children.length && elements.every(stays);
    if (!same) gallery.replaceChildren(...elements);
  }

  showFailures(product) {
    const failed = product.images.filter((image) => image.status === "failed");
    const state = JSON.stringify(failed);
    if (state === this.failures) return;
    this.failures = state;
    this.element.querySelector(".failures").replaceChildren(...failed.map((image) => this.failure(image)));
  }

  failure(image) {
    const element = stamp("failure");
    const [again, link] = [element.querySelector("button"), element.querySelector("a")];
    element.querySelector("b").textContent = called(image);
    element.querySelector("p span").textContent = sentence(image.error.detail);
    link.textContent = "What this means";
    link.href = `problems/${encodeURIComponent(image.error.code)}`;
    link.setAttribute("aria-label", `What this means: ${image.error.code}`);
    again.setAttribute("aria-label", `Try again: ${called(image)}`);
    again.hidden = !image.error.retryable;
    again.addEventListener("click", () => this.retry(image, again));
    return element;
  }

  async retry(image, button) {
    if (button.getAttribute("aria-disabled") === "true") return;
    button.setAttribute("aria-disabled", "true");
    const { id } = this.product;
    try {
      await ask("POST /products/{id}/images/{image_id}/retry", { values: { id, image_id: image.id } });
      const { data } = await ask("GET /products/{id}", { values: { id } });
      this.update(data.data);
      this.changed(this.product, "Asked for again.");
    } catch (error) {
      this.changed(this.product, sentence(error.message));
    } finally {
      button.removeAttribute("aria-disabled");
    }
  }

  showBytes(product) {
    const ready = product.images.filter((image) => image.status === "ready" && image.renditions.length > 0);
    const details = this.element.querySelector(".bytes");
    details.hidden = ready.length === 0;
    const before = total(ready, (image) => image.source.bytes ?? 0);
    const after = total(ready, (image) => thumb(image).bytes);
    const small = document.createElement("b");
    small.textContent = `${bytes(before)} \u2192 ${bytes(after)}`;
    const what = ready.length === 1 ? thumbName(ready) : count(ready.length, thumbName(ready));
    details.querySelector(".sum").replaceChildren(small, ` ${what}`);
    details.querySelector(".bar span").style.width = `${before > 0 ? Math.min(100, (100 * after) / before) : 100}%`;
    const table = details.querySelector("table");
    for (const body of [...table.tBodies]) body.remove();
    for (const image of ready) table.append(files(image));
  }
}

function thumbName(ready) {
  return ready.length > 0 ? thumb(ready[0]).name : "";
}

function readyPicture(product, image, large) {
  const element = stamp("ready");
  const picture = element.querySelector("img");
  const byWidth = new Map(image.renditions.map((rendition) => [rendition.width, rendition]));
  const small = thumb(image);
  element.href = largest(image).url;
  picture.alt = image.alt || `${product.product_name}, picture ${product.images.indexOf(image) + 1}`;
  picture.width = small.width;
  picture.height = small.height;
  picture.sizes = large ? SIZES.large : SIZES.small;
  picture.srcset = [...byWidth.values()].map(({ url, width }) => `${url} ${width}w`).join(", ");
  picture.src = small.url;
  return element;
}

function waitingPicture(image) {
  const element = stamp("waiting");
  const words = image.error
    ? `Attempt ${image.attempts} did not work. ${sentence(image.error.detail)} Comes again by itself.`
    : image.status === "processing" ? "Being made smaller" : "Waiting for its turn";
  element.querySelector(".words").textContent = words;
  element.title = called(image);
  return element;
}

/** The rows of one picture: what came, and what was made of it. */
function files(image) {
  const body = document.createElement("tbody");
  const row = (name, url, width, height, size) => {
    const line = body.insertRow();
    const cell = line.insertCell();
    if (url === undefined) {
      cell.textContent = name;
    } else {
      const link = document.createElement("a");
      link.href = url;
      link.textContent = name;
      cell.append(link);
    }
    line.insertCell().textContent = width === null ? "" : `${width} \u00d7 ${height}`;
    line.insertCell().textContent = size === null ? "" : bytes(size);
  };
  row(`Given: ${called(image)}`, undefined, image.width, image.height, image.source.bytes);
  for (const { name, format, url, width, height, bytes: size } of image.renditions) {
    row(`${name}, ${format}`, url, width, height, size);
  }
  return body;
}
