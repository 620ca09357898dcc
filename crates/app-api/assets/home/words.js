// How things are put into words. Knows neither the page nor the API.

const UNITS = ["B", "KB", "MB", "GB", "TB"];

/** A size, such as `4.2 MB`: thousands, as file managers count. */
export function bytes(count) {
  let unit = 0;
  let value = count;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit > 0 && value < 9.95 ? value.toFixed(1) : Math.round(value)} ${UNITS[unit]}`;
}

/** `1 picture`, `2 pictures`. */
export function count(number, singular, plural = `${singular}s`) {
  return `${new Intl.NumberFormat("en").format(number)} ${number === 1 ? singular : plural}`;
}

/** A price as it is: Wareroom does not know the currency. */
export function price(value) {
  return new Intl.NumberFormat("en", { minimumFractionDigits: 2 }).format(value);
}

/** With a capital letter and a full stop. */
export function sentence(text) {
  const whole = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(whole) ? whole : `${whole}.`;
}

/** A name for a product, by what its first file is called: `red-kettle_2.jpg` is `Red kettle 2`. */
export function nameOf(filename) {
  const words = filename.replace(/\.[^.]*$/, "").replace(/[-_\s]+/g, " ").trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

const STEPS = [["second", 60], ["minute", 60], ["hour", 24], ["day", 30], ["month", 12], ["year", Infinity]];

/** How long ago it was: `3 minutes ago`. */
export function ago(instant, now = Date.now()) {
  let value = Math.max(0, (now - Date.parse(instant)) / 1000);
  const [unit] = STEPS.find(([, next]) => {
    if (value < next) return true;
    value /= next;
    return false;
  });
  if (unit === "second") return "just now";
  return new Intl.RelativeTimeFormat("en", { numeric: "auto" }).format(-Math.floor(value), unit);
}
