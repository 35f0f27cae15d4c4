/** Says whether a form has changes that are not saved. */

export const NOT_SETTINGS = new Set(["row", "csrfmiddlewaretoken", "then", "sample"]);

export class Changes {
  /** @param {() => HTMLFormElement | null} form */
  constructor(form) {
    this.form = form;
    this.before = "";
    this.always = false;
  }

  /** @param {boolean} unsaved whether what the form shows now was never saved */
  start(unsaved) {
    this.before = this.now();
    this.always = unsaved;
  }

  any() {
    return this.form() !== null && (this.always || this.now() !== this.before);
  }

  now() {
    const form = this.form();
    if (!form) return "";
    return JSON.stringify([...new FormData(form)].filter(([name]) => !NOT_SETTINGS.has(name)));
  }
}
