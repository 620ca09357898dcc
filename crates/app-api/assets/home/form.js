// The form that adds a product: choose, drop or paste; what is wrong stands at its field and is said aloud.

import { Problem, ask, firstUser, newKey } from "./api.js";
import { bytes, count, nameOf, sentence } from "./words.js";

/** Whoever adds a product here while there is no user yet. */
const NEWCOMER = { first_name: "Ada", last_name: "Lovelace" };

const DEFAULT_NAME = "My first product";

export class Form {
  /** `added` is called with each new product. */
  constructor({ say, added }) {
    Object.assign(this, { say, added });
    const one = (id) => document.getElementById(id);
    this.element = one("add");
    Object.assign(this, { input: one("files"), drop: one("drop"), chosen: one("chosen"), summary: one("summary") });
    Object.assign(this, { name: one("name"), price: one("price"), url: one("url") });
    this.button = this.element.querySelector("[type=submit]");
    this.files = [];
    this.listen();
  }

  listen() {
    this.input.addEventListener("change", () => {
      this.take(this.input.files);
      // So that the same file can be chosen again.
      this.input.value = "";
    });
    const dragged = (event) => event.dataTransfer?.types.includes("Files");
    for (const kind of ["dragenter", "dragover"]) {
      document.addEventListener(kind, (event) => {
        if (!dragged(event)) return;
        event.preventDefault();
        this.drop.classList.add("over");
      });
    }
    document.addEventListener("dragleave", (event) => {
      if (event.relatedTarget === null) this.drop.classList.remove("over");
    });
    document.addEventListener("drop", (event) => {
      if (!dragged(event)) return;
      event.preventDefault();
      this.drop.classList.remove("over");
      this.take(event.dataTransfer.files);
    });
    document.addEventListener("paste", (event) => {
      if (event.clipboardData.files.length === 0) return;
      event.preventDefault();
      this.take(event.clipboardData.files);
    });
    this.element.addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit();
    });
  }

  focus() {
    this.input.focus();
    this.element.scrollIntoView({ block: "nearest" });
  }

  /** Adds files to the chosen ones. */
  take(files) {
    if (files.length === 0) return;
    this.files.push(...files);
    this.fault("file", "");
    this.showFiles();
    this.say(`${count(this.files.length, "picture")} chosen.`);
  }

  showFiles() {
    const rows = this.files.map((file, index) => {
      const row = document.getElementById("file").content.firstElementChild.cloneNode(true);
      row.querySelector(".file").textContent = file.name;
      row.querySelector(".size").textContent = bytes(file.size);
      const remove = row.querySelector("button");
      remove.setAttribute("aria-label", `Remove ${file.name}`);
      remove.addEventListener("click", () => {
        this.files.splice(index, 1);
        this.fault("file", "");
        this.showFiles();
        (this.chosen.querySelectorAll("button")[index] ?? this.input).focus();
      });
      return row;
    });
    this.chosen.replaceChildren(...rows);
    this.name.placeholder = this.files.length > 0 ? nameOf(this.files[0].name) || DEFAULT_NAME : "From the file";
  }

  async submit() {
    if (this.button.getAttribute("aria-disabled") === "true") return;
    this.clear();
    this.button.setAttribute("aria-disabled", "true");
    this.button.textContent = "Adding\u2026";
    try {
      const product = await this.create();
      this.attempt = undefined;
      this.files = [];
      this.showFiles();
      this.name.value = "";
      this.url.value = "";
      this.say(`${product.product_name} is added. Its pictures are being made.`);
      this.added(product);
    } catch (error) {
      this.explain(error);
    } finally {
      this.button.removeAttribute("aria-disabled");
      this.button.textContent = "Add product";
    }
  }

  /** The product with its images. What was begun and not answered is asked for with the same keys again. */
  async create() {
    if (this.files.length === 0 && this.url.value.trim() === "" && this.name.value.trim() === "") {
      throw new Problem({ detail: "a picture or a name is needed", errors: [
        { pointer: "/file", detail: "choose at least one picture, or name the product" },
      ] });
    }
    const json = await this.product();
    const wanted = JSON.stringify([json, this.files.map(({ name, size, lastModified }) => [name, size, lastModified])]);
    if (this.attempt?.wanted !== wanted) this.attempt = { wanted, create: newKey(), upload: newKey() };
    const { data } = await ask("POST /products", { json, key: this.attempt.create });
    if (this.files.length === 0) return data.data;
    const form = new FormData();
    for (const file of this.files) form.append("file", file, file.name);
    const values = { id: data.data.id };
    try {
      const uploaded = await ask("POST /products/{id}/images", { values, form, key: this.attempt.upload });
      return uploaded.data.data;
    } catch (error) {
      // Refused for good: the product that was made for these files goes again. Else the next try goes on with it.
      if (error.status >= 400 && error.status < 500 && error.status !== 409) {
        this.attempt = undefined;
        await ask("DELETE /products/{id}", { values }).catch(() => {});
      }
      throw error;
    }
  }

  async product() {
    const user = (await firstUser()) ?? (await ask("POST /users", { json: NEWCOMER, key: newKey() })).data.data;
    const [typed, url] = [this.price.value.trim().replace(",", "."), this.url.value.trim()];
    const name = this.name.value.trim() || (this.files.length > 0 && nameOf(this.files[0].name)) || DEFAULT_NAME;
    return {
      user_id: user.id,
      product_name: name,
      // What is no number is sent as it is: the server says what is wrong with it.
      product_price: typed === "" || Number.isNaN(Number(typed)) ? typed : Number(typed),
      ...(url === "" ? {} : { product_images: [url] }),
    };
  }

  clear() {
    this.summary.textContent = "";
    for (const { dataset } of this.element.querySelectorAll("[data-field]")) this.fault(dataset.field, "");
  }

  /** Puts words at a field, or takes them away. Answers the input, or nothing if there is no such field here. */
  fault(name, words) {
    const field = this.element.querySelector(`[data-field="${CSS.escape(name)}"]`);
    if (field === null) return undefined;
    const input = field.querySelector("input");
    const place = field.querySelector(".error");
    place.textContent = words === "" || place.textContent === "" ? words : `${place.textContent} ${words}`;
    if (words === "") input.removeAttribute("aria-invalid");
    else input.setAttribute("aria-invalid", "true");
    return input;
  }

  explain(error) {
    const inputs = [];
    const others = [];
    for (const { pointer, detail } of error.errors ?? []) {
      const [name, place] = pointer.slice(1).split("/");
      const file = name === "file" ? this.files[Number(place)]?.name : undefined;
      const input = this.fault(name, file === undefined ? sentence(detail) : `${file}: ${sentence(detail)}`);
      if (input === undefined) others.push(sentence(detail));
      else inputs.push(input);
    }
    if (!(error instanceof Problem)) others.push("The server cannot be reached. Nothing is lost: try again.");
    else if (inputs.length === 0 && others.length === 0) others.push(sentence(error.message));
    const where = { 0: [], 1: ["One field above needs a change."] }[inputs.length] ?? ["Fields above need a change."];
    this.summary.textContent = ["The product was not added.", ...where, ...others].join(" ");
    inputs[0]?.focus();
  }
}
